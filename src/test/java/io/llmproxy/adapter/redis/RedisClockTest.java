package io.llmproxy.adapter.redis;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.llmproxy.testing.RedisServer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The clock of Redis is set back: nothing is granted beyond the limit for that, and nobody is shut out for good. What was counted before
 * is made by a store that has the scripts count by a later time.
 */
class RedisClockTest {
    private static RedisServer redis;

    private final List<RedisCounterStore> open = new ArrayList<>();
    private volatile Instant now = Instant.EPOCH;

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
        now = Instant.now();
    }

    @AfterEach
    void close() {
        open.forEach(RedisCounterStore::close);
    }

    private RedisCounterStore byTime() {
        return opened(Stores.byTime(redis.url(), () -> now));
    }

    /** By Redis' own clock. */
    private RedisCounterStore byServer() {
        return opened(Stores.patient(redis.url()));
    }

    private RedisCounterStore opened(RedisCounterStore store) {
        open.add(store);
        Stores.awaitUp(store);
        return store;
    }

    private static LimitDecision take(RedisCounterStore store, Limit limit, long amount) {
        return store.reserve(List.of(new Charge(limit, new CounterKey(limit.id(), "ann"), amount)));
    }

    private static long used(RedisCounterStore store, Limit limit) {
        return store.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    private static int taken(RedisCounterStore store, Limit limit) {
        int taken = 0;
        while (take(store, limit, 1) instanceof Granted) {
            taken++;
        }
        return taken;
    }

    private static Limit ten(LimitPeriod period, LimitAlgorithm algorithm) {
        return Limit.of("ten", LimitScope.USER, LimitMetric.REQUESTS, 10, period, algorithm, LimitOrigin.ADMIN);
    }

    /** A little, within the period, and by far. */
    static Stream<Arguments> limits() {
        return Stream.of(
                        ten(LimitPeriod.HOUR, LimitAlgorithm.FIXED_WINDOW),
                        ten(LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW),
                        ten(LimitPeriod.HOUR, LimitAlgorithm.SLIDING_WINDOW),
                        ten(LimitPeriod.HOUR, LimitAlgorithm.TOKEN_BUCKET))
                .flatMap(limit -> {
                    Duration period = Duration.ofNanos(limit.period().micros() * 1000);
                    return Stream.of(Duration.ofSeconds(30), period.dividedBy(2), period.multipliedBy(3))
                            .map(back -> Arguments.of(limit, back));
                });
    }

    @ParameterizedTest
    @MethodSource("limits")
    void whatWasUsedStaysUsedForAPeriodAtMost(Limit limit, Duration back) {
        Instant present = now;
        RedisCounterStore store = byTime();
        now = present.plus(back);
        assertThat(take(store, limit, 6)).isInstanceOf(Granted.class);
        // the server's own clock never was there
        RedisCounterStore server = byServer();
        Instant begun = Instant.now();
        assertThat(taken(server, limit)).isEqualTo(4);
        Denied denied = (Denied) take(server, limit, 1);
        long period = limit.period().micros() / 1_000_000;
        // what was taken after the clock was set holds for a period; a clock that stands before what it counted waits
        // for that
        long most = period + Math.min(period, back.toSeconds()) + 1;
        assertThat(denied.waitSeconds()).isBetween(1L, most);
        now = begun.plusSeconds(denied.waitSeconds() + 2);
        assertThat(take(store, limit, 1)).isInstanceOf(Granted.class);
        now = now.plusSeconds(2 * period + most);
        assertThat(used(store, limit)).isZero();
        assertThat(taken(store, limit)).isEqualTo(10);
    }

    @ParameterizedTest
    @MethodSource("limits")
    void whatIsGivenBackAfterTheClockWasSetIsThere(Limit limit, Duration back) {
        Instant present = now;
        RedisCounterStore store = byTime();
        now = present.plus(back);
        Granted granted = (Granted) take(store, limit, 6);
        now = present;
        assertThat(taken(store, limit)).isEqualTo(4);
        granted.reservation().release();
        assertThat(used(store, limit)).isEqualTo(4);
        assertThat(taken(store, limit)).isEqualTo(6);
    }

    @Test
    void aWindowThatWasLeftIsFoundAgainAsItWas() {
        for (LimitPeriod period : List.of(LimitPeriod.HOUR, LimitPeriod.DAY)) {
            Limit limit = ten(period, LimitAlgorithm.FIXED_WINDOW);
            Instant early = Instant.parse("2026-11-20T12:30:00Z");
            Instant late = early.plus(Duration.ofNanos(3000 * period.micros()));
            RedisCounterStore store = byTime();
            now = late;
            assertThat(take(store, limit, 6)).isInstanceOf(Granted.class);
            for (int i = 0; i < 5; i++) {
                now = early;
                assertThat(take(store, limit, 5)).isInstanceOf(Denied.class);
                now = late;
                assertThat(take(store, limit, 5)).isInstanceOf(Denied.class);
            }
            now = early;
            assertThat(taken(store, limit)).isEqualTo(4);
            now = late;
            assertThat(taken(store, limit)).isLessThanOrEqualTo(4);
            assertThat(take(store, limit, 1)).isInstanceOf(Denied.class);
        }
    }

    @Test
    void slotsOfAProcessThatIsGoneComeBackWithinALeaseAllTheSame() {
        Limit running = Limit.of(
                "running",
                LimitScope.USER,
                LimitMetric.CONCURRENCY,
                2,
                LimitPeriod.NONE,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.ADMIN);
        Instant present = now;
        RedisCounterStore gone = byTime();
        RedisCounterStore store = byTime();
        now = present.plus(Duration.ofHours(1));
        // a beat goes before each look
        used(gone, running);
        used(store, running);
        assertThat(take(gone, running, 2)).isInstanceOf(Granted.class);
        gone.abandon();
        now = present;
        assertThat(used(store, running)).isEqualTo(2);
        assertThat(take(store, running, 1)).isInstanceOf(Denied.class);
        now = present.plus(RedisLine.LEASE).plusSeconds(1);
        assertThat(take(store, running, 2)).isInstanceOf(Granted.class);
        used(store, running);
        assertThat(store.standing().processes()).isEqualTo(1);
    }
}
