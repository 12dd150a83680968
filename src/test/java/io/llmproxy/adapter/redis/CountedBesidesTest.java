package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.MemoryCounterStore;
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
import io.llmproxy.port.CounterStore.Asker;
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a process used through Redis counts where it counts by itself, so that it is not granted once more when Redis goes. */
class CountedBesidesTest {
    private static final Limit RUNNING =
            limit("running", LimitScope.GLOBAL, LimitMetric.CONCURRENCY, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW);

    private RedisServer redis;
    private MemoryCounterStore local;
    private RedisCounterStore store;

    @BeforeEach
    void start() {
        redis = RedisServer.start();
        InstantSource clock = InstantSource.system();
        local = new MemoryCounterStore(clock);
        store = new RedisCounterStore(
                Stores.settings(redis.url(), false),
                local,
                clock,
                () -> clock.millis() * 1000,
                false,
                Duration.ofSeconds(30));
        store.start();
        Stores.awaitUp(store);
    }

    @AfterEach
    void stop() {
        store.close();
        redis.close();
    }

    private static Limit limit(
            String id, LimitScope scope, LimitMetric metric, LimitPeriod period, LimitAlgorithm algorithm) {
        return Limit.of(id, scope, metric, 1000, period, algorithm, LimitOrigin.ADMIN);
    }

    /** Of a month: no bucket flows meanwhile, and no window ends but once in a while. */
    private static Limit tokens(LimitAlgorithm algorithm) {
        return limit("tokens", LimitScope.USER, LimitMetric.TOKENS, LimitPeriod.MONTH, algorithm);
    }

    private static Charge charge(Limit limit, long amount) {
        return new Charge(limit, new CounterKey(limit.id(), "ann"), amount);
    }

    private LimitDecision take(Limit limit, long amount) {
        return store.reserve(List.of(charge(limit, amount)));
    }

    private Reservation taken(Limit limit, long amount) {
        return ((Granted) take(limit, amount)).reservation();
    }

    private long here(Limit limit) {
        return local.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    private void killed() {
        redis.kill();
        Stores.awaitAway(store);
    }

    @ParameterizedTest
    @EnumSource
    void whatWasUsedThroughRedisIsNotGrantedOnceMore(LimitAlgorithm algorithm) {
        Limit tokens = tokens(algorithm);
        taken(tokens, 700).settle(new ActualUse(550, 0, ActualUse.UNKNOWN));
        taken(tokens, 200).release();
        Reservation running = taken(tokens, 50);
        killed();
        assertThat(take(tokens, 410)).isInstanceOf(Denied.class);
        Reservation rest = taken(tokens, 400);
        assertThat(take(tokens, 10)).isInstanceOf(Denied.class);
        running.release();
        rest.release();
        assertThat(here(tokens)).isEqualTo(550);
    }

    @ParameterizedTest
    @EnumSource
    void anOverrunCountsHereToo(LimitAlgorithm algorithm) {
        Limit tokens = tokens(algorithm);
        taken(tokens, 100).settle(new ActualUse(1500, 0, ActualUse.UNKNOWN));
        assertThat(here(tokens)).isEqualTo(1500);
        killed();
        assertThat(take(tokens, 1)).isInstanceOf(Denied.class);
    }

    /** What was admitted and is not taken yet refuses with the rest, as it would in Redis. */
    @Test
    void whoIsRefusedHereIsToldTheLongestWaitOfAllThatItWouldTake() {
        Limit tokens = tokens(LimitAlgorithm.FIXED_WINDOW);
        Limit all =
                limit("all", LimitScope.GLOBAL, LimitMetric.REQUESTS, LimitPeriod.TOTAL, LimitAlgorithm.FIXED_WINDOW);
        Reservation admitted = ((Granted) store.admit(List.of(charge(all, 1)), true, Asker.ONCE)).reservation();
        assertThat(admitted.taken()).isFalse();
        taken(tokens, 1000);
        taken(all, 1000);
        killed();
        LimitDecision decision = store.reserve(List.of(charge(tokens, 1)), admitted, Asker.ONCE);
        assertThat(decision).isInstanceOfSatisfying(Denied.class, denied -> {
            assertThat(denied.limit()).isEqualTo(all);
            assertThat(denied.waitSeconds()).isZero();
            assertThat(denied.first()).isEqualTo(tokens);
        });
    }

    @Test
    void slotsThatWereTakenBeforeTheKeyAreCountedOnce() {
        Limit tokens = tokens(LimitAlgorithm.FIXED_WINDOW);
        Reservation admitted = ((Granted) store.admit(List.of(charge(RUNNING, 1)), true, Asker.ONCE)).reservation();
        Reservation rest = ((Granted) store.reserve(List.of(charge(tokens, 10)), admitted, Asker.ONCE)).reservation();
        assertThat(here(RUNNING)).isEqualTo(1);
        assertThat(here(tokens)).isEqualTo(10);
        rest.settle(new ActualUse(5, 0, ActualUse.UNKNOWN));
        admitted.settle(new ActualUse(5, 0, ActualUse.UNKNOWN));
        assertThat(here(RUNNING)).isZero();
        assertThat(here(tokens)).isEqualTo(5);
    }

    @Test
    void nothingIsCountedWhereRequestsAreRefusedMeanwhile() {
        MemoryCounterStore unused = new MemoryCounterStore(InstantSource.system());
        try (RedisCounterStore refusing =
                new RedisCounterStore(Stores.settings(redis.url(), true), unused, InstantSource.system())) {
            refusing.start();
            Stores.awaitUp(refusing);
            Stores.await(() -> took(refusing));
            assertThat(unused.size()).isZero();
        }
    }

    /** Until Redis was in time. */
    private static boolean took(RedisCounterStore refusing) {
        try {
            return refusing.reserve(List.of(charge(tokens(LimitAlgorithm.FIXED_WINDOW), 1))) instanceof Granted;
        } catch (ProxyException late) {
            return false;
        }
    }
}
