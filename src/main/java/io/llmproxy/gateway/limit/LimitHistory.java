package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.RuntimeSnapshot;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells counters what the ledger knows of the time before them: after a start, and where a limit is new. Only periods of an hour and
 * longer; of addresses, what was used since such a limit was first set. Used by one thread at a time; blocks.
 */
public final class LimitHistory {
    private static final Logger LOG = System.getLogger(LimitHistory.class.getName());

    private final LedgerUse ledger;
    private final RollingUse rolling;
    private final AddressUse addresses;
    private final CounterStore counters;
    private final InstantSource clock;
    private Set<String> known = Set.of();

    public LimitHistory(UsageStore ledger, CounterStore counters, InstantSource clock) {
        this.ledger = new LedgerUse(ledger);
        this.rolling = new RollingUse(ledger);
        this.addresses = new AddressUse(ledger);
        this.counters = counters;
        this.clock = clock;
    }

    /** Tells counters that have lost what they counted all of it again. */
    public synchronized void again(RuntimeSnapshot snapshot) {
        known = Set.of();
        restore(snapshot);
    }

    /** Brings the counters of those limits up to date that were not there the last time. */
    public synchronized void restore(RuntimeSnapshot snapshot) {
        Map<String, Limit> all = snapshot.limits().byId();
        Map<Kind, List<Limit>> fresh = all.values().stream()
                .filter(l -> l.period().durable() && !known.contains(l.id()))
                .collect(Collectors.groupingBy(Kind::of));
        LookBack back = new LookBack(clock.instant());
        try {
            ledger.of(snapshot, fresh.getOrDefault(Kind.CALENDAR, List.of()), l -> begin(l, back))
                    .values()
                    .forEach(counters::seed);
            rolling.of(snapshot, fresh.getOrDefault(Kind.ROLLING, List.of()), back, counters::seed);
            addresses.of(
                    snapshot,
                    fresh.getOrDefault(Kind.OF_ADDRESSES, List.of()),
                    l -> begin(l, back),
                    back,
                    counters::seed);
            known = Set.copyOf(all.keySet());
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "new limits begin at zero until the ledger can be read for what was used before", e);
        }
    }

    /** When what counts now began; null: ever. */
    private static @Nullable Instant begin(Limit limit, LookBack back) {
        if (limit.period() == LimitPeriod.TOTAL) {
            return null;
        }
        return LookBack.needs(limit)
                ? back.from(limit.period(), LookBack.periods(limit))
                : Instant.EPOCH.plus(limit.period().start(back.micros(), limit.zone()), ChronoUnit.MICROS);
    }

    /** How its past is found. */
    private enum Kind {
        CALENDAR,
        ROLLING,
        OF_ADDRESSES;

        static Kind of(Limit limit) {
            return limit.scope() == LimitScope.IP ? OF_ADDRESSES : LookBack.needs(limit) ? ROLLING : CALENDAR;
        }
    }
}
