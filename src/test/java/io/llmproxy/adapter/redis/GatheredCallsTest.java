package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.llmproxy.testing.RedisCalls;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TcpGate;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Requests that come together, and end together, share calls. */
class GatheredCallsTest {
    private static final int REQUESTS = 200;
    private static final Limit RUNNING = limit("running", LimitMetric.CONCURRENCY, LimitPeriod.NONE);
    private static final Limit TOKENS = limit("tokens", LimitMetric.TOKENS, LimitPeriod.TOTAL);
    private static final String SLOTS = "EXISTS {llmproxy}:c:running:--w:sann";

    private static Limit limit(String id, LimitMetric metric, LimitPeriod period) {
        return Limit.of(id, LimitScope.USER, metric, 1_000_000, period, LimitAlgorithm.FIXED_WINDOW, LimitOrigin.ADMIN);
    }

    private static Reservation taken(RedisCounterStore store) {
        return ((Granted) store.reserve(List.of(
                        new Charge(TOKENS, new CounterKey(TOKENS.id(), "ann"), 10),
                        new Charge(RUNNING, new CounterKey(RUNNING.id(), "ann"), 1))))
                .reservation();
    }

    @Test
    void whatEndsTogetherIsToldTogether() {
        try (RedisServer redis = RedisServer.start();
                RedisCalls calls = new RedisCalls(redis);
                RedisCounterStore store = Stores.patient(redis.url())) {
            Stores.awaitUp(store);
            List<Reservation> held = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                held.add(taken(store));
            }
            assertThat(redis.command(SLOTS)).isEqualTo(":1");
            calls.forget();
            long began = System.nanoTime();
            held.forEach(r -> r.settle(new ActualUse(1, 1, 0)));
            Stores.await(() -> redis.command(SLOTS).equals(":0"));
            long ticks = (System.nanoTime() - began) / Patience.TICK.toNanos();
            // one each 5 ms, and a beat
            assertThat(calls.scripts())
                    .isPositive()
                    .isLessThanOrEqualTo(ticks + 3)
                    .isLessThan(REQUESTS / 2);
        }
    }

    /** What is given back is told with what others give back, and yet who asks at once for the only slot finds it. */
    @Test
    void whoGaveBackTheOnlySlotFindsItAtOnce() {
        Limit only = RUNNING.amount(1);
        try (RedisServer redis = RedisServer.start();
                RedisCounterStore store = Stores.patient(redis.url())) {
            Stores.awaitUp(store);
            List<Charge> slot = List.of(new Charge(only, new CounterKey(only.id(), "ann"), 1));
            for (int i = 0; i < 2000; i++) {
                LimitDecision decision = store.reserve(slot);
                assertThat(decision).as("request %d", i).isInstanceOf(Granted.class);
                if (i % 100 == 0) {
                    assertThat(store.reserve(slot)).as("a second slot").isInstanceOf(Denied.class);
                }
                ((Granted) decision).reservation().release();
            }
        }
    }

    @Test
    void requestsOneAfterTheOtherAreToldOfTogetherWhereThereIsRoom() {
        try (RedisServer redis = RedisServer.start();
                RedisCalls calls = new RedisCalls(redis);
                RedisCounterStore store = Stores.patient(redis.url())) {
            Stores.awaitUp(store);
            calls.forget();
            long began = System.nanoTime();
            for (int i = 0; i < 2000; i++) {
                taken(store).settle(new ActualUse(1, 1, 0));
            }
            long told = (System.nanoTime() - began) / Duration.ofMillis(2).toNanos();
            assertThat(calls.of("mget")).isEqualTo(2000);
            assertThat(calls.of("hexists")).as("one in 2 ms").isBetween(1L, told + 3);
        }
    }

    /** All that is asked for during a round trip goes out with the next one. */
    @Test
    void whatComesTogetherIsTakenTogether() throws IOException, InterruptedException {
        try (RedisServer redis = RedisServer.start();
                TcpGate gate = new TcpGate(redis.port());
                RedisCalls calls = new RedisCalls(redis);
                RedisCounterStore store = Stores.patient("redis://127.0.0.1:" + gate.port())) {
            Stores.awaitUp(store);
            gate.late(Duration.ofMillis(100));
            calls.forget();
            ConcurrentLinkedQueue<Reservation> held = new ConcurrentLinkedQueue<>();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                threads.add(Thread.ofVirtual().start(() -> held.add(taken(store))));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(held).hasSize(REQUESTS);
            assertThat(calls.of("mget")).isBetween(1L, REQUESTS / 4L);
        }
    }
}
