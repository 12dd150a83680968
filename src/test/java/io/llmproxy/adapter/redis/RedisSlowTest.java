package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TcpGate;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Redis that answers, but late. */
class RedisSlowTest {
    private static final long IN_TIME = Duration.ofMillis(30).toNanos();
    private static final Limit FEW = limit(30);
    private static final Limit MANY = limit(1_000_000);

    private RedisServer redis;
    private TcpGate gate;

    @BeforeEach
    void start() throws IOException {
        redis = RedisServer.start();
        gate = new TcpGate(redis.port());
    }

    @AfterEach
    void stop() throws IOException {
        gate.close();
        redis.close();
    }

    private static Limit limit(long amount) {
        return Limit.of(
                "requests",
                LimitScope.USER,
                LimitMetric.REQUESTS,
                amount,
                LimitPeriod.TOTAL,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.ADMIN);
    }

    private RedisCounterStore store(boolean refuse) {
        RedisCounterStore store = Stores.inService("redis://127.0.0.1:" + gate.port(), refuse);
        Stores.awaitUp(store);
        return store;
    }

    private static LimitDecision take(RedisCounterStore store, Limit limit, Asking asking) {
        Charge one = new Charge(limit, new CounterKey(limit.id(), "ann"), 1);
        return store.reserve(List.of(one), Reservation.NONE, asking);
    }

    /** Null: it was refused since Redis was late. */
    private static @Nullable LimitDecision takenOrLate(RedisCounterStore store) {
        try {
            return take(store, FEW, new Asking());
        } catch (ProxyException e) {
            assertThat(e.error().status()).isEqualTo(503);
            return null;
        }
    }

    private static long used(RedisCounterStore store) {
        return store.used(FEW).values().stream().mapToLong(n -> n).sum();
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 40, 200})
    void notOneMoreIsGrantedThanTheLimitAndNothingIsLost(int millis) throws InterruptedException {
        try (RedisCounterStore store = store(true)) {
            gate.late(Duration.ofMillis(millis));
            AtomicInteger granted = new AtomicInteger();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                clients.add(Thread.ofVirtual().start(() -> {
                    for (int n = 0; n < 12; n++) {
                        granted.addAndGet(takenOrLate(store) instanceof Granted ? 1 : 0);
                    }
                }));
            }
            for (Thread client : clients) {
                client.join();
            }
            assertThat(granted.get()).isLessThanOrEqualTo(30);
            gate.late(Duration.ZERO);
            Stores.awaitUp(store);
            // what came too late for anybody was given back
            Stores.await(() -> store.standing().fault() == null && used(store) == granted.get());
            Stores.await(() -> {
                LimitDecision decision = takenOrLate(store);
                granted.addAndGet(decision instanceof Granted ? 1 : 0);
                return decision instanceof Denied && used(store) == granted.get();
            });
            assertThat(granted.get()).isEqualTo(30);
        }
    }

    /** Some are decided by Redis and some here, since its answers come now in time and now too late. */
    @Test
    void whoeverDecidesOneProcessPassesNoLimit() throws InterruptedException {
        for (int round = 0; round < 4; round++) {
            Limit few = MANY.amount(200).of(UUID.randomUUID());
            try (RedisCounterStore store = store(false)) {
                AtomicInteger granted = new AtomicInteger();
                List<Thread> clients = new ArrayList<>();
                for (int i = 0; i < 300; i++) {
                    clients.add(Thread.ofVirtual().start(() -> {
                        for (int n = 0; n < 5; n++) {
                            granted.addAndGet(take(store, few, new Asking()) instanceof Granted ? 1 : 0);
                        }
                    }));
                }
                for (int i = 0; i < 4; i++) {
                    gate.late(Duration.ofMillis(45));
                    LockSupport.parkNanos(30_000_000);
                    gate.late(Duration.ZERO);
                    LockSupport.parkNanos(30_000_000);
                }
                for (Thread client : clients) {
                    client.join();
                }
                assertThat(granted.get()).isBetween(1, 200);
            }
            redis.command("FLUSHALL");
        }
    }

    /** Until it is away; those that were granted. */
    private static int untilAway(RedisCounterStore store) {
        AtomicInteger granted = new AtomicInteger();
        Stores.await(() -> {
            granted.addAndGet(takes(store, new Asking()) ? 1 : 0);
            return store.standing().fault() != null;
        });
        return granted.get();
    }

    private static boolean takes(RedisCounterStore store, Asking asking) {
        if (take(store, MANY, asking) instanceof Granted(var reservation)) {
            reservation.settle(new ActualUse(0, 0, 0));
            return true;
        }
        return false;
    }

    @ParameterizedTest
    @ValueSource(ints = {45, 200})
    void whileItIsLateItIsLeftAloneAndWhenItIsNotItCounts(int millis) {
        try (RedisCounterStore store = store(false)) {
            gate.late(Duration.ofMillis(millis));
            int granted = untilAway(store);
            assertThat(store.standing().fault()).contains("does not answer within 50 ms");
            Instant since = store.standing().since();
            long until = System.nanoTime() + Duration.ofSeconds(2).toNanos();
            while (System.nanoTime() - until < 0) {
                Asking asking = new Asking();
                granted += takes(store, asking) ? 1 : 0;
                assertThat(asking.inAll()).isZero();
                assertThat(store.standing().since()).isEqualTo(since);
                LockSupport.parkNanos(10_000_000);
            }
            assertThat(store.standing().fault()).isNotNull();
            gate.late(Duration.ZERO);
            Stores.awaitUp(store);
            long all = granted;
            Stores.await(() -> store.standing().fault() == null && used(store) == all);
        }
    }

    /**
     * As after a pause for garbage: Redis has answered, and nobody had time to hear it. Rounds count in which Redis was in time and all
     * requests waited in vain; on a machine with too much to do that may not be each.
     */
    @Test
    void whatThisProcessIsLateWithItselfIsNotRedisFault() throws InterruptedException {
        try (RedisCounterStore store = store(false)) {
            gate.late(Duration.ofMillis(10));
            int counting = 0;
            for (int i = 0; i < 200 && counting < 5; i++) {
                Stores.awaitUp(store);
                Instant since = store.standing().since();
                if (inVain(store)) {
                    counting++;
                    assertThat(store.standing()).extracting("fault", "since").containsExactly(null, since);
                }
            }
            assertThat(counting).isEqualTo(5);
        }
    }

    /** Whether requests had no answer though it came in time, since nobody could hear it. */
    private boolean inVain(RedisCounterStore store) throws InterruptedException {
        List<Asking> asked = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        long began = System.nanoTime();
        for (int n = 0; n < 6; n++) {
            Asking asking = new Asking();
            asked.add(asking);
            threads.add(Thread.ofPlatform().start(() -> takes(store, asking)));
        }
        LockSupport.parkNanos(3_000_000);
        List<Thread> busy = keepCarriersBusy(Duration.ofMillis(100));
        for (Thread thread : threads) {
            thread.join();
        }
        long said = gate.saidAt() - began;
        for (Thread thread : busy) {
            thread.join();
        }
        return said > 0
                && said < IN_TIME
                && asked.stream().allMatch(asking -> asking.inAll().toNanos() > IN_TIME);
    }

    private static List<Thread> keepCarriersBusy(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                while (System.nanoTime() - until < 0) {
                    Thread.onSpinWait();
                }
            }));
        }
        return threads;
    }

    private static RedisBreaker closed() {
        RedisBreaker breaker =
                new RedisBreaker(RedisAddress.of("redis://127.0.0.1:1", null), RedisLine.PATIENCE, Instant::now);
        assertThat(breaker.up()).isFalse();
        assertThat(breaker.beaten(System.nanoTime())).isTrue();
        return breaker;
    }

    @Test
    void threeInARowThatAreLateOpenTheBreaker() {
        RedisBreaker breaker = closed();
        for (int i = 0; i < 10; i++) {
            breaker.late();
            breaker.late();
            if (i % 2 == 0) {
                breaker.inTime();
            } else {
                breaker.beaten(System.nanoTime());
            }
        }
        assertThat(breaker.up()).isTrue();
        breaker.late();
        breaker.late();
        breaker.late();
        assertThat(breaker.up()).isFalse();
        breaker.inTime();
        assertThat(breaker.up()).isFalse();
    }

    @Test
    void whatIsJustInTimeForOneDoesNotCloseIt() {
        RedisBreaker breaker = closed();
        breaker.open("it is away");
        assertThat(breaker.beaten(System.nanoTime() - RedisLine.PATIENCE.toNanos() * 3 / 5))
                .isFalse();
        assertThat(breaker.up()).isFalse();
        assertThat(breaker.beaten(System.nanoTime())).isTrue();
        breaker.late();
        breaker.late();
        assertThat(breaker.up()).isTrue();
    }

    @Test
    void oneThatWasLateFromTheStartIsSaidToBe() {
        RedisBreaker breaker =
                new RedisBreaker(RedisAddress.of("redis://127.0.0.1:1", null), RedisLine.PATIENCE, Instant::now);
        for (int i = 0; i < 3; i++) {
            breaker.beaten(System.nanoTime() - RedisLine.PATIENCE.toNanos());
        }
        breaker.awaitFirst();
        assertThat(breaker.state().fault()).isEqualTo("it does not answer within 25 ms");
    }
}
