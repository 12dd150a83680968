package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
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
    private final AddressUse addresses;
    private final CounterStore counters;
    private final InstantSource clock;
    private Set<String> known = Set.of();

    public LimitHistory(UsageStore ledger, CounterStore counters, InstantSource clock) {
        this.ledger = new LedgerUse(ledger);
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
        Map<Boolean, List<Limit>> fresh = all.values().stream()
                .filter(l -> l.period().durable() && !known.contains(l.id()))
                .collect(Collectors.partitioningBy(l -> l.scope() == LimitScope.IP));
        try {
            ledger.of(snapshot, fresh.getOrDefault(false, List.of()), this::begin)
                    .values()
                    .forEach(counters::seed);
            addresses.of(snapshot, fresh.getOrDefault(true, List.of()), this::begin, counters::seed);
            known = Set.copyOf(all.keySet());
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "new limits begin at zero until the ledger can be read for what was used before", e);
        }
    }

    /** When what counts now began; null: ever. */
    private @Nullable Instant begin(Limit limit) {
        if (limit.period() == LimitPeriod.TOTAL) {
            return null;
        }
        long now = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
        long begin = limit.algorithm() == LimitAlgorithm.FIXED_WINDOW
                ? limit.period().start(now, limit.zone())
                : now - limit.period().micros();
        return Instant.EPOCH.plus(begin, ChronoUnit.MICROS);
    }
}
