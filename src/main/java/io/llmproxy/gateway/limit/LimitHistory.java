package io.llmproxy.gateway.limit;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.TenantView;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells counters what the ledger knows of the time before them: after a start, and where a limit is new or counts in another way now. Only periods of an hour and
 * longer; of addresses, what was used since such a limit was first set. Used by one thread at a time; blocks.
 */
public final class LimitHistory {
    private static final Logger LOG = System.getLogger(LimitHistory.class.getName());

    private final LedgerUse ledger;
    private final RollingUse rolling;
    private final AddressUse addresses;
    private final CounterStore counters;
    private final InstantSource clock;
    private Map<String, Shape> known = Map.of();
    private Map<UUID, ZoneId> zones = Map.of();

    public LimitHistory(UsageStore ledger, CounterStore counters, InstantSource clock) {
        this.ledger = new LedgerUse(ledger);
        this.rolling = new RollingUse(ledger);
        this.addresses = new AddressUse(ledger);
        this.counters = counters;
        this.clock = clock;
    }

    /** Tells counters that have lost what they counted all of it again. */
    public synchronized void again(RuntimeSnapshot snapshot) {
        known = Map.of();
        restore(snapshot);
    }

    /** Brings the counters of those limits up to date that were not there the last time, or count in another way now and so begin anew. */
    public synchronized void restore(RuntimeSnapshot snapshot) {
        Map<String, Limit> all = snapshot.limits().byId();
        Map<UUID, ZoneId> now = zones(snapshot);
        boolean moved = !now.equals(zones);
        Map<Kind, List<Limit>> fresh = all.values().stream()
                .filter(l -> l.period().durable())
                .filter(l -> !Shape.of(l).equals(known.get(l.id())) || moved && l.byDays() && l.zoned())
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
            known = all.values().stream().collect(Collectors.toUnmodifiableMap(Limit::id, Shape::of));
            zones = now;
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "new limits begin at zero until the ledger can be read for what was used before", e);
        }
    }

    /** Of the tenants that have another one than most: their days and months are those of limits that are all tenants' alike. */
    private static Map<UUID, ZoneId> zones(RuntimeSnapshot snapshot) {
        return snapshot.tenants().values().stream()
                .map(TenantView::tenant)
                .filter(tenant -> !tenant.settings().limits().zone().equals(ZoneOffset.UTC))
                .collect(Collectors.toUnmodifiableMap(
                        Tenant::id, tenant -> tenant.settings().limits().zone()));
    }

    /** How a limit counts: with another one its counters begin at zero. Those that go on are told nothing, since they may have been reset. */
    private record Shape(LimitAlgorithm algorithm, int segments, ZoneId zone) {
        static Shape of(Limit limit) {
            boolean slides = limit.algorithm() == LimitAlgorithm.SLIDING_WINDOW;
            return new Shape(
                    limit.algorithm(), slides ? limit.segments() : 0, limit.byDays() ? limit.zone() : ZoneOffset.UTC);
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
