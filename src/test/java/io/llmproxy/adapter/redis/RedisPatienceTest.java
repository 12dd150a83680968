package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.testing.Quickest;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** No request waits longer than 50 ms for Redis, however often it asks. */
class RedisPatienceTest {
    /** Less than a second wait would add. */
    private static final Duration BOUND = RedisLine.PATIENCE.plusMillis(20);

    private static final Limit GLOBAL = limit("config:global", LimitScope.GLOBAL);
    private static final Limit USER = limit("user", LimitScope.USER);
    private static final Limit FIRST = limit("first", LimitScope.PROVIDER);
    private static final Limit SECOND = limit("second", LimitScope.PROVIDER);

    private static RedisServer redis;

    @BeforeAll
    static void startRedis() {
        redis = RedisServer.start();
    }

    @AfterAll
    static void stopRedis() {
        redis.close();
    }

    @BeforeEach
    void empty() {
        redis.command("FLUSHALL");
    }

    private static Limit limit(String id, LimitScope scope) {
        return Limit.of(
                id,
                scope,
                LimitMetric.REQUESTS,
                1_000_000,
                LimitPeriod.TOTAL,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.ADMIN);
    }

    private static List<Charge> one(Limit limit) {
        return List.of(new Charge(limit, new CounterKey(limit.id(), "ann"), 1));
    }

    private static long used(RedisCounterStore store, Limit limit) {
        return store.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    /** As the gateway asks: before a large body, at its first target, and at the one that it moves to. */
    private static List<Reservation> asks(RedisCounterStore store, Asking asking) {
        Reservation admitted = ((Granted) store.admit(one(GLOBAL), false, asking)).reservation();
        List<Charge> charges = new ArrayList<>(one(USER));
        charges.addAll(one(FIRST));
        Reservation first = ((Granted) store.reserve(charges, admitted, asking)).reservation();
        Reservation second = ((Granted) store.reserve(one(SECOND), Reservation.NONE, asking)).reservation();
        return List.of(admitted, first, second);
    }

    @Test
    void aRequestThatAsksThreeTimesWaitsNoLongerThanOneThatAsksOnce() throws Exception {
        try (RedisCounterStore store = Stores.inService(redis.url(), false)) {
            Quickest.within(BOUND, () -> {
                Stores.awaitUp(store);
                Asking asking = new Asking();
                redis.stop();
                try {
                    long began = System.nanoTime();
                    asks(store, asking).forEach(r -> r.settle(new ActualUse(0, 0, 0)));
                    Duration all = Duration.ofNanos(System.nanoTime() - began);
                    assertThat(asking.inAll()).isPositive().isLessThanOrEqualTo(all);
                    return all;
                } finally {
                    redis.goOn();
                }
            });
        }
    }

    @Test
    void twentyAtATimeWaitNoLongerEither() throws Exception {
        try (RedisCounterStore store = Stores.inService(redis.url(), false)) {
            Quickest.within(BOUND, () -> {
                Stores.awaitUp(store);
                ConcurrentLinkedQueue<Duration> waits = new ConcurrentLinkedQueue<>();
                redis.stop();
                try {
                    List<Thread> threads = new ArrayList<>();
                    for (int i = 0; i < 20; i++) {
                        threads.add(Thread.ofVirtual().start(() -> {
                            Asking asking = new Asking();
                            asks(store, asking);
                            waits.add(asking.inAll());
                        }));
                    }
                    for (Thread thread : threads) {
                        thread.join();
                    }
                } finally {
                    redis.goOn();
                }
                assertThat(waits).hasSize(20);
                return waits.stream().max(Duration::compareTo).orElseThrow();
            });
        }
    }

    @Test
    void whoHasNoPatienceLeftIsCountedHereAndRedisIsTold() {
        try (RedisCounterStore store = Stores.inService(redis.url(), false)) {
            Stores.awaitUp(store);
            Asking asking = new Asking();
            asking.waited(RedisLine.PATIENCE.toNanos());
            List<Reservation> held = asks(store, asking);
            assertThat(asking.inAll()).isEqualTo(RedisLine.PATIENCE);
            assertThat(redis.command("EXISTS {llmproxy}:c:user:total-w:sann")).isEqualTo(":0");
            held.forEach(r -> r.settle(new ActualUse(0, 0, 0)));
            for (Limit limit : List.of(GLOBAL, USER, FIRST, SECOND)) {
                Stores.await(() -> store.standing().fault() == null && used(store, limit) == 1);
            }
        }
    }

    @Test
    void whoHasNoPatienceLeftIsRefusedWhereTheOperatorWantsThat() {
        try (RedisCounterStore store = Stores.inService(redis.url(), true)) {
            Stores.awaitUp(store);
            Asking asking = new Asking();
            asking.waited(RedisLine.PATIENCE.toNanos());
            assertThatThrownBy(() -> store.reserve(one(USER), Reservation.NONE, asking))
                    .isInstanceOfSatisfying(
                            ProxyException.class,
                            e -> assertThat(e.error().status()).isEqualTo(503));
            assertThat(redis.command("EXISTS {llmproxy}:c:user:total-w:sann")).isEqualTo(":0");
        }
    }

    @Test
    void anAnswerInTimeTakesOfThePatienceWhatItTook() {
        try (RedisCounterStore store = Stores.patient(redis.url())) {
            Stores.awaitUp(store);
            Asking asking = new Asking();
            store.reserve(one(USER), Reservation.NONE, asking);
            Duration once = asking.inAll();
            assertThat(once).isPositive();
            store.reserve(one(USER), Reservation.NONE, asking);
            assertThat(asking.inAll()).isGreaterThan(once);
        }
    }
}
