package io.llmproxy.adapter.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Charges;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Due;
import io.llmproxy.domain.limit.Dues;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.domain.limit.Standing;
import io.llmproxy.port.CounterStore;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All that a store does, of limits that come together again and again, as those of alike requests do. */
class LineupTest extends MemoryCounterStoreTest {
    private final Map<List<Due>, Dues> known = new ConcurrentHashMap<>();

    @Override
    protected CounterStore through(MemoryCounterStore counters) {
        return new AsRequestsCome(counters);
    }

    private Charges together(List<Charge> charges) {
        List<Due> dues = charges.stream().map(c -> new Due(c.limit(), c.key())).toList();
        long[] amounts = charges.stream().mapToLong(Charge::amount).toArray();
        return new Charges(known.computeIfAbsent(dues, Dues::new), amounts);
    }

    private final class AsRequestsCome implements CounterStore {
        private final MemoryCounterStore counters;

        AsRequestsCome(MemoryCounterStore counters) {
            this.counters = counters;
        }

        @Override
        public LimitDecision reserve(List<Charge> charges) {
            return counters.reserve(together(charges));
        }

        @Override
        public @Nullable Denied refusal(List<Charge> charges) {
            return counters.refusal(together(charges));
        }

        @Override
        public Map<CounterKey, Long> used(Limit limit) {
            return counters.used(limit);
        }

        @Override
        public Map<CounterKey, Long> used(Collection<Limit> limits) {
            return counters.used(limits);
        }

        @Override
        public void reset(Limit limit) {
            counters.reset(limit);
        }

        @Override
        public void seed(PastUse past) {
            counters.seed(past);
        }
    }

    private static Limit shown(String id, LimitMetric metric, long amount, LimitPeriod period, LimitMode mode) {
        LimitAlgorithm algorithm =
                period == LimitPeriod.SECOND ? LimitAlgorithm.TOKEN_BUCKET : LimitAlgorithm.FIXED_WINDOW;
        Limit limit = limit(id, metric, amount, period, algorithm);
        return new Limit(
                id,
                null,
                limit.scope(),
                null,
                metric,
                amount,
                period,
                period == LimitPeriod.HOUR ? LimitAlgorithm.SLIDING_WINDOW : algorithm,
                6,
                mode,
                limit.origin(),
                limit.zone());
    }

    private static final List<Limit> SHOWN = List.of(
            shown("shadow", LimitMetric.REQUESTS, 3, LimitPeriod.DAY, LimitMode.SHADOW),
            shown("soft", LimitMetric.TOKENS, 400, LimitPeriod.MONTH, LimitMode.SOFT),
            shown("second", LimitMetric.REQUESTS, 1000, LimitPeriod.SECOND, LimitMode.HARD),
            shown("hour", LimitMetric.INPUT_TOKENS, 5000, LimitPeriod.HOUR, LimitMode.HARD),
            shown("total", LimitMetric.REQUESTS, 15, LimitPeriod.TOTAL, LimitMode.HARD),
            shown("minute", LimitMetric.OUTPUT_TOKENS, 5000, LimitPeriod.MINUTE, LimitMode.HARD),
            shown("cost", LimitMetric.COST, 9000, LimitPeriod.DAY, LimitMode.HARD),
            shown("running", LimitMetric.CONCURRENCY, 3, LimitPeriod.NONE, LimitMode.HARD));

    /** Whatever a request is told is what it would be told of one counter after another, whatever happens to limits and clocks. */
    @Test
    void tellsTheSameAsOneByOne() {
        AtomicReference<Duration> set = new AtomicReference<>(Duration.ZERO);
        InstantSource wall = () -> now().plus(set.get());
        LongSupplier steady = () -> now().toEpochMilli() * 1_000_000;
        MemoryCounterStore plain = new MemoryCounterStore(wall, steady);
        MemoryCounterStore lined = new MemoryCounterStore(wall, steady);
        List<MemoryCounterStore> both = List.of(plain, lined);
        Random random = new Random(7);
        List<Limit> limits = new ArrayList<>(SHOWN);
        int together = 0;
        int denied = 0;
        List<Reservation[]> running = new ArrayList<>();
        for (int step = 0; step < 10_000; step++) {
            pass(Duration.ofMillis(random.nextInt(400) * (long) random.nextInt(400)));
            List<Charge> charges = limits.stream()
                    .map(l -> charge(l, l.metric().budget() ? random.nextInt(60) : 1))
                    .toList();
            LimitDecision expected = plain.reserve(charges);
            LimitDecision decision = lined.reserve(together(charges));
            if (expected instanceof Granted(var one) && decision instanceof Granted(var other)) {
                together += other instanceof HeldTogether ? 1 : 0;
                assertThat(told(other)).as("step %d", step).isEqualTo(told(one));
                running.add(new Reservation[] {one, other});
            } else {
                denied++;
                assertThat(decision).as("step %d", step).isEqualTo(expected);
            }
            if (running.size() > random.nextInt(4)) {
                Reservation[] first = running.remove(random.nextInt(running.size()));
                ended(first, random.nextInt(4), new ActualUse(random.nextInt(90), random.nextInt(90), 40));
            }
            switch (random.nextInt(200)) {
                case 0, 1, 2, 3 -> both.forEach(store -> store.reset(SHOWN.get(4)));
                case 4 -> set.set(Duration.ofMinutes(random.nextInt(4) * 30L - 60));
                case 5 -> set.set(Duration.ofHours(random.nextInt(3) * 25L - 25));
                case 6, 7 -> both.forEach(store -> store.sweep(byId(limits)));
                case 8 -> {
                    int which = random.nextInt(limits.size());
                    limits.set(which, limits.get(which).amount(1 + random.nextInt(5000)));
                }
                case 9 -> limits.replaceAll(l -> SHOWN.get(limits.indexOf(l)));
                default -> {}
            }
            for (Limit limit : limits) {
                assertThat(lined.used(limit)).as("step %d", step).isEqualTo(plain.used(limit));
            }
        }
        assertThat(together).isGreaterThan(500);
        assertThat(denied).isGreaterThan(500);
    }

    private static Map<String, Limit> byId(List<Limit> limits) {
        return limits.stream().collect(Collectors.toMap(Limit::id, limit -> limit));
    }

    /** Many threads, a clock that is set to and fro between two days, and the sweeper: each day has its amount and no more. */
    @Test
    void manyThreadsWhileTheClockIsSet() {
        AtomicReference<Instant> wall = new AtomicReference<>(START);
        MemoryCounterStore counters = new MemoryCounterStore(wall::get, () -> 0);
        List<Limit> limits = List.of(
                limit("sliding", LimitMetric.TOKENS, 1_000_000, LimitPeriod.HOUR, LimitAlgorithm.SLIDING_WINDOW),
                limit("running", LimitMetric.CONCURRENCY, 2, LimitPeriod.NONE, LimitAlgorithm.FIXED_WINDOW),
                limit("day", LimitMetric.REQUESTS, 2_000, LimitPeriod.DAY, LimitAlgorithm.FIXED_WINDOW));
        CounterStore store = through(counters);
        LongAdder granted = new LongAdder();
        LongAdder tokens = new LongAdder();
        LongAdder together = new LongAdder();
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger left = new AtomicInteger(3);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int i = 0; i < 3; i++) {
                Random random = new Random(i);
                threads.submit(() -> {
                    for (int n = 0; n < 20_000; n++) {
                        LimitDecision decision = store.reserve(
                                List.of(charge(limits.get(0), 9), charge(limits.get(1), 1), charge(limits.get(2), 1)));
                        if (decision instanceof Granted(var reservation)) {
                            most.accumulateAndGet(running.incrementAndGet(), Math::max);
                            together.add(reservation instanceof HeldTogether ? 1 : 0);
                            Thread.onSpinWait();
                            running.decrementAndGet();
                            if (random.nextInt(4) > 0) {
                                reservation.release();
                            } else {
                                long used = random.nextInt(20);
                                reservation.settle(new ActualUse(used, 0, ActualUse.UNKNOWN));
                                tokens.add(used);
                                granted.increment();
                            }
                            reservation.release();
                        }
                    }
                    left.decrementAndGet();
                });
            }
            threads.submit(() -> {
                for (int n = 0; left.get() > 0; n++) {
                    wall.set(START.plus(Duration.ofDays(n % 2)));
                    counters.sweep(byId(limits));
                    LockSupport.parkNanos(20_000);
                }
            });
        }
        assertThat(together.sum()).isGreaterThan(1000);
        assertThat(most.get()).isLessThanOrEqualTo(2);
        assertThat(counters.used(limits.get(1)).values()).allMatch(n -> n == 0);
        assertThat(counters.used(limits.get(0)).values().stream()
                        .mapToLong(n -> n)
                        .sum())
                .isEqualTo(tokens.sum());
        assertThat(granted.sum()).isLessThanOrEqualTo(2 * 2_000);
    }

    private static void ended(Reservation[] alike, int how, ActualUse use) {
        if (how == 0) {
            for (Reservation one : alike) {
                one.release();
            }
            return;
        }
        if (how == 1) {
            for (Reservation one : alike) {
                one.release(limit -> limit.metric().tokens());
            }
            assertThat(told(alike[1])).isEqualTo(told(alike[0]));
        }
        assertThat(alike[1].settle(use)).isEqualTo(alike[0].settle(use));
        assertThat(alike[1].settle(use)).isZero();
        alike[1].release();
    }

    private static List<Object> told(Reservation reservation) {
        Standing standing = new Standing();
        reservation.tell(standing);
        List<Object> told = new ArrayList<>();
        reservation.grants().forEach(g -> told.add(text(g)));
        told.add(text(standing.requests()));
        told.add(text(standing.tokens()));
        told.add(standing.scopes());
        told.add(String.valueOf(standing.passed()));
        boolean notable = reservation.grants().stream().anyMatch(g -> g.near() || g.passed());
        assertThat(reservation.notable() || !notable).isTrue();
        return told;
    }

    private static String text(io.llmproxy.domain.limit.@Nullable Grant grant) {
        return grant == null
                ? "none"
                : "%s: %d, left %d, reset %d, near %s, passed %s"
                        .formatted(
                                grant.limit().id(),
                                grant.amount(),
                                grant.remaining(),
                                grant.resetSeconds(),
                                grant.near(),
                                grant.passed());
    }

    @ParameterizedTest
    @EnumSource
    void isFoundByTheThirdRequest(LimitAlgorithm algorithm) {
        Limit limit = requests(5, LimitPeriod.HOUR, algorithm);
        List<Boolean> lined = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            lined.add(((Granted) take(limit, 1)).reservation() instanceof HeldTogether);
        }
        assertThat(lined).containsExactly(false, false, true, true, true);
        assertThat(takes(limit, 1)).isFalse();
        assertThat(used(limit)).isEqualTo(5);
    }
}
