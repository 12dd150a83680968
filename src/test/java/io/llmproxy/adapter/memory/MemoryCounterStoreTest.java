package io.llmproxy.adapter.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.CounterStore;
import io.llmproxy.testing.CounterStoreContract;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryCounterStoreTest extends CounterStoreContract {
    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(3).toNanos());
    private volatile Instant wall = START;
    private final MemoryCounterStore store = new MemoryCounterStore(() -> wall, nanos::get);

    @Override
    protected CounterStore store() {
        return store;
    }

    @Override
    protected void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
        wall = wall.plus(time);
    }

    @Override
    protected Instant now() {
        return wall;
    }

    @Override
    protected void tidy(Map<String, Limit> limits) {
        store.sweep(limits);
    }

    /** To and fro gives nobody anything. */
    @ParameterizedTest
    @EnumSource
    void aClockThatJumps(LimitAlgorithm algorithm) {
        Limit minute = limit("minute", LimitMetric.REQUESTS, 3, LimitPeriod.MINUTE, algorithm);
        Limit day = limit("day", LimitMetric.REQUESTS, 3, LimitPeriod.DAY, algorithm);
        taken(minute, 3);
        taken(day, 3);
        wall = wall.minus(Duration.ofHours(30));
        assertThat(taken(minute, 3)).isZero();
        assertThat(taken(day, 3)).isZero();
        wall = START;
        assertThat(taken(minute, 3)).isZero();
        assertThat(taken(day, 3)).isZero();
        pass(Duration.ofDays(2));
        assertThat(taken(minute, 3)).isEqualTo(3);
        assertThat(taken(day, 3)).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void aClockSetForwardAndBackAgainBlocksNobodyForLongerThanThePeriod(LimitAlgorithm algorithm) {
        Limit day = limit("day", LimitMetric.REQUESTS, 3, LimitPeriod.DAY, algorithm);
        taken(day, 1);
        wall = START.plus(Duration.ofDays(365));
        taken(day, 3);
        wall = START;
        assertThat(taken(day, 3)).isZero();
        pass(Duration.ofHours(49));
        assertThat(taken(day, 3)).isPositive();
    }

    @Test
    void sweepsWhatCountsNothing() {
        Limit minute = limit("m", LimitMetric.REQUESTS, 3, LimitPeriod.MINUTE, LimitAlgorithm.FIXED_WINDOW);
        Limit bucket = limit("b", LimitMetric.REQUESTS, 3, LimitPeriod.MINUTE, LimitAlgorithm.TOKEN_BUCKET);
        Limit sliding = limit("s", LimitMetric.REQUESTS, 3, LimitPeriod.HOUR, LimitAlgorithm.SLIDING_WINDOW);
        Map<String, Limit> all = Map.of("m", minute, "b", bucket, "s", sliding);
        all.values().forEach(l -> takes(l, 1));
        store.sweep(all);
        assertThat(store.size()).isEqualTo(3);
        pass(Duration.ofMinutes(1));
        store.sweep(all);
        assertThat(store.size()).isEqualTo(1);
        pass(Duration.ofHours(2));
        store.sweep(all);
        assertThat(store.size()).isZero();
        assertThat(taken(minute, 5)).isEqualTo(3);
    }

    @Test
    void aMillionAddressesTakeBoundedMemoryAndNoneGetsMore() {
        Limit ip = Limit.of(
                "config:ip",
                LimitScope.IP,
                LimitMetric.REQUESTS,
                2,
                LimitPeriod.MINUTE,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.CONFIG);
        for (int i = 0; i < 1_000_000; i++) {
            store.reserve(List.of(address(ip, i)));
        }
        assertThat(store.size()).isLessThanOrEqualTo(MemoryCounterStore.OPEN_COUNTERS + MemoryCounterStore.SHARDS);
        assertThat(store.reserve(List.of(address(ip, 5)))).isInstanceOf(Granted.class);
        assertThat(store.reserve(List.of(address(ip, 5)))).isInstanceOf(Denied.class);
        assertThat(store.reserve(List.of(address(ip, 999_999)))).isInstanceOf(Denied.class);
        pass(Duration.ofMinutes(1));
        store.sweep(Map.of(ip.id(), ip));
        assertThat(store.size()).isZero();
        assertThat(store.reserve(List.of(address(ip, 999_999)))).isInstanceOf(Granted.class);
    }

    private static Charge address(Limit ip, int number) {
        byte[] bytes = {11, (byte) (number >> 16), (byte) (number >> 8), (byte) number};
        return new Charge(ip, new CounterKey(ip.id(), CounterKey.Address.of(bytes)), 1);
    }
}
