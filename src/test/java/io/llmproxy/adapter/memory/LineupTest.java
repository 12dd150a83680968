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
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.domain.limit.Standing;
import io.llmproxy.port.CounterStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
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
        public void seed(Charge charge) {
            counters.seed(charge);
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

    /** Whatever a request is told is what it would be told of one counter after another. */
    @Test
    void tellsTheSameAsOneByOne() {
        MemoryCounterStore plain = new MemoryCounterStore(this::now, () -> now().toEpochMilli() * 1_000_000);
        MemoryCounterStore lined = new MemoryCounterStore(this::now, () -> now().toEpochMilli() * 1_000_000);
        Random random = new Random(7);
        int together = 0;
        int denied = 0;
        List<Reservation[]> running = new ArrayList<>();
        for (int step = 0; step < 3000; step++) {
            pass(Duration.ofMillis(random.nextInt(400) * (long) random.nextInt(400)));
            List<Charge> charges = SHOWN.stream()
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
            if (random.nextInt(100) == 0) {
                plain.reset(SHOWN.get(4));
                lined.reset(SHOWN.get(4));
            }
            for (Limit limit : SHOWN) {
                assertThat(lined.used(limit)).as("step %d", step).isEqualTo(plain.used(limit));
            }
        }
        assertThat(together).isGreaterThan(100);
        assertThat(denied).isGreaterThan(100);
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
