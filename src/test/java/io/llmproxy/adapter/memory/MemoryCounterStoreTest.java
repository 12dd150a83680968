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
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import io.llmproxy.testing.CounterStoreContract;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MemoryCounterStoreTest extends CounterStoreContract {
    private final AtomicLong nanos = new AtomicLong(Duration.ofDays(3).toNanos());
    private volatile Instant wall = START;
    private final MemoryCounterStore store = new MemoryCounterStore(() -> wall, nanos::get);

    @Override
    protected CounterStore store() {
        return through(store);
    }

    /** The way by which requests come to it. */
    protected CounterStore through(MemoryCounterStore counters) {
        return counters;
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

    /** As a request would be told that takes. */
    @ParameterizedTest
    @EnumSource
    void aLookTellsTheLongestWait(LimitAlgorithm algorithm) {
        Limit second = limit("second", LimitMetric.REQUESTS, 3, LimitPeriod.SECOND, LimitAlgorithm.FIXED_WINDOW);
        Limit hour = limit("hour", LimitMetric.REQUESTS, 3, LimitPeriod.HOUR, algorithm);
        Limit unmet = limit("unmet", LimitMetric.REQUESTS, 3, LimitPeriod.DAY, algorithm);
        List<Charge> charges = List.of(charge(unmet, 1), charge(second, 1), charge(hour, 1));
        assertThat(store().refusal(charges)).isNull();
        taken(second, 3);
        assertThat(store().refusal(charges)).extracting(Denied::limit).isEqualTo(second);
        taken(hour, 3);
        Denied denied = (Denied) store().reserve(charges);
        assertThat(store().refusal(charges)).isEqualTo(denied);
        assertThat(denied.limit()).isEqualTo(hour);
        assertThat(denied.first()).isEqualTo(second);
        assertThat(used(unmet)).isZero();
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

    /** Requests that are alike come with the same key, which the store may remember its counter by. */
    @Test
    void aKeyThatIsUsedAgainFindsTheCounterThatCountsNow() {
        Limit minute = limit("m", LimitMetric.REQUESTS, 2, LimitPeriod.MINUTE, LimitAlgorithm.FIXED_WINDOW);
        CounterKey key = new CounterKey("m", "ann");
        assertThat(granted(store, minute, key, 3)).isEqualTo(2);
        store.reset(minute);
        assertThat(granted(store, minute, key, 3)).as("after a reset").isEqualTo(2);
        assertThat(store.used(minute)).containsExactly(Map.entry(key, 2L));
        pass(Duration.ofMinutes(1));
        store.sweep(Map.of("m", minute));
        assertThat(granted(store, minute, key, 3)).as("after it was swept").isEqualTo(2);
        assertThat(granted(store, minute, new CounterKey("m", "ann"), 1))
                .as("by another key of the same")
                .isZero();
        Limit sliding = limit("m", LimitMetric.REQUESTS, 2, LimitPeriod.MINUTE, LimitAlgorithm.SLIDING_WINDOW);
        assertThat(granted(store, sliding, key, 3)).as("counted in another way").isEqualTo(2);
        assertThat(granted(store, sliding, new CounterKey("m", "ann"), 1)).isZero();
        MemoryCounterStore other = new MemoryCounterStore(this::now, () -> 0);
        assertThat(granted(other, sliding, key, 3)).as("by another store").isEqualTo(2);
        assertThat(granted(store, sliding, key, 1)).isZero();
    }

    private long granted(MemoryCounterStore counters, Limit limit, CounterKey key, int times) {
        return Stream.generate(() -> through(counters).reserve(List.of(new Charge(limit, key, 1))))
                .limit(times)
                .filter(Granted.class::isInstance)
                .count();
    }

    /**
     * A day begins for many threads at once, while that of before is swept and what it had granted is given back: it grants its amount,
     * no more, and none of it is lost.
     */
    @Test
    void manyThreadsAtTheBeginningOfAWindow() {
        int threads = 4;
        int amount = 50;
        AtomicLong day = new AtomicLong();
        LongAdder granted = new LongAdder();
        List<Long> byDay = new ArrayList<>();
        MemoryCounterStore counters = new MemoryCounterStore(
                () -> START.plus(Duration.ofDays(day.get())),
                () -> Duration.ofDays(day.get()).toNanos());
        Limit limit = limit("day", LimitMetric.REQUESTS, amount, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW);
        CyclicBarrier night = new CyclicBarrier(threads, () -> {
            byDay.add(granted.sumThenReset());
            day.incrementAndGet();
        });
        try (ExecutorService all = Executors.newFixedThreadPool(threads)) {
            for (int i = 0; i < threads; i++) {
                boolean sweeps = i == 0;
                all.submit(() -> {
                    List<Reservation> held = new ArrayList<>();
                    for (int today = 0; today < 1000; today++) {
                        if (sweeps) {
                            counters.sweep(Map.of("day", limit));
                        }
                        List<Reservation> before = held;
                        held = new ArrayList<>();
                        while (through(counters).reserve(List.of(new Charge(limit, new CounterKey("day", "ann"), 1)))
                                instanceof Granted(var reservation)) {
                            held.add(reservation);
                            before.forEach(Reservation::release);
                        }
                        granted.add(held.size());
                        night.await();
                    }
                    return null;
                });
            }
        }
        assertThat(byDay).hasSize(1000).containsOnly((long) amount);
    }

    /** The counter of what runs at one time is swept whenever nothing runs, which may be over in that moment. */
    @Test
    void whatRunsIsNotSweptAway() {
        Limit limit = Limit.of(
                "one",
                LimitScope.KEY,
                LimitMetric.CONCURRENCY,
                1,
                LimitPeriod.NONE,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.ADMIN);
        MemoryCounterStore counters = new MemoryCounterStore(this::now);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicLong granted = new AtomicLong();
        try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
            for (int i = 0; i < 2; i++) {
                CounterKey key = new CounterKey("one", "ann");
                threads.submit(() -> {
                    while (granted.get() < 20_000) {
                        if (through(counters).reserve(List.of(new Charge(limit, key, 1)))
                                instanceof Granted(var reservation)) {
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            granted.incrementAndGet();
                            LockSupport.parkNanos(1); // for who would find a counter that knows nothing of this
                            running.decrementAndGet();
                            reservation.release();
                        }
                    }
                });
            }
            threads.submit(() -> {
                while (granted.get() < 20_000) {
                    counters.sweep(Map.of("one", limit));
                }
            });
        }
        assertThat(most).hasValue(1);
        counters.sweep(Map.of("one", limit));
        assertThat(counters.size()).isZero();
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
            through(store).reserve(List.of(address(ip, i)));
        }
        assertThat(store.size()).isLessThanOrEqualTo(MemoryCounterStore.OPEN_COUNTERS + MemoryCounterStore.SHARDS);
        assertThat(through(store).reserve(List.of(address(ip, 5)))).isInstanceOf(Granted.class);
        assertThat(through(store).reserve(List.of(address(ip, 5)))).isInstanceOf(Denied.class);
        assertThat(through(store).reserve(List.of(address(ip, 999_999)))).isInstanceOf(Denied.class);
        pass(Duration.ofMinutes(1));
        store.sweep(Map.of(ip.id(), ip));
        assertThat(store.size()).isZero();
        assertThat(through(store).reserve(List.of(address(ip, 999_999)))).isInstanceOf(Granted.class);
    }

    private static Charge address(Limit ip, int number) {
        byte[] bytes = {11, (byte) (number >> 16), (byte) (number >> 8), (byte) number};
        return new Charge(ip, new CounterKey(ip.id(), CounterKey.Address.of(bytes)), 1);
    }
}
