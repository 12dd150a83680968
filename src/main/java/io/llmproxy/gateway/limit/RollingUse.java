package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.RuntimeSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells what the ledger knows of the use of sliding windows and token buckets, but for those of addresses. Each period is read once, in
 * slices; further back for buckets alone, and only as long as what may be left of before matters. Blocks.
 */
final class RollingUse {
    /** How many periods buckets are looked back at most. */
    private static final int MOST_PERIODS = 8;

    private final UsageStore ledger;

    RollingUse(UsageStore ledger) {
        this.ledger = ledger;
    }

    /** What is read together. */
    private record Reading(LimitPeriod period, boolean records) {
        static Reading of(Limit limit) {
            return new Reading(limit.period(), limit.period() == LimitPeriod.HOUR || LedgerUse.detailed(limit));
        }

        /** The records of months are not read again and again. */
        int mostPeriods() {
            return records && period != LimitPeriod.HOUR ? LookBack.PERIODS_OF_BUCKETS : MOST_PERIODS;
        }
    }

    /** Tells what each counter of the limits counts. */
    void of(RuntimeSnapshot snapshot, Collection<Limit> limits, LookBack back, Consumer<PastUse> sink) {
        Map<Reading, Map<String, Limit>> readings = new HashMap<>();
        limits.forEach(l ->
                readings.computeIfAbsent(Reading.of(l), r -> new HashMap<>()).put(l.id(), l));
        readings.forEach((reading, own) -> new Look(snapshot, reading, back).told(own, sink));
    }

    /** One look at the past of some limits of one period. */
    private final class Look {
        private final RuntimeSnapshot snapshot;
        private final Reading reading;
        private final LookBack back;
        private final Map<CounterKey, SlicedUse> used = new HashMap<>();

        Look(RuntimeSnapshot snapshot, Reading reading, LookBack back) {
            this.snapshot = snapshot;
            this.reading = reading;
            this.back = back;
        }

        void told(Map<String, Limit> limits, Consumer<PastUse> sink) {
            Set<String> buckets = new HashSet<>();
            limits.values().stream()
                    .filter(l -> l.algorithm() == LimitAlgorithm.TOKEN_BUCKET)
                    .forEach(l -> buckets.add(l.id()));
            int periods = buckets.isEmpty() ? 1 : LookBack.PERIODS_OF_BUCKETS;
            Instant from = back.from(reading.period, periods);
            read(from, null, limits.keySet());
            while (!buckets.isEmpty() && periods < reading.mostPeriods() && !certain(from)) {
                periods *= 2;
                Instant before = back.from(reading.period, periods);
                read(before, from, buckets);
                from = before;
            }
            Instant since = from;
            used.values().forEach(u -> sink.accept(u.past(back, since)));
        }

        private boolean certain(Instant from) {
            return used.values().stream().allMatch(u -> u.certain(back, from));
        }

        private void read(Instant from, @Nullable Instant to, Set<String> ids) {
            Duration width = LookBack.width(reading.period);
            boolean detailed = reading.records;
            ledger.slices(from, to, width, detailed, (begin, sum) -> {
                long until = back.until(begin, reading.period);
                LimitTable.Collector adding = due -> {
                    if (ids.contains(due.limit().id())) {
                        used.computeIfAbsent(due.key(), k -> new SlicedUse(due.limit(), k))
                                .add(until, LedgerUse.amount(due.limit(), sum));
                    }
                };
                LedgerUse.collect(snapshot, sum, adding);
            });
        }
    }
}
