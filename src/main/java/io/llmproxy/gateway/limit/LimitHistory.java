package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.TenantView;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tells counters what the ledger knows of the time before them: after a start, and where a limit is new. Only periods of an hour and
 * longer; addresses are not in the ledger. Used by one thread at a time; blocks.
 */
public final class LimitHistory {
    private static final Logger LOG = System.getLogger(LimitHistory.class.getName());

    private final UsageStore ledger;
    private final CounterStore counters;
    private final InstantSource clock;
    private Set<String> known = Set.of();

    public LimitHistory(UsageStore ledger, CounterStore counters, InstantSource clock) {
        this.ledger = ledger;
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
        List<Limit> fresh = all.values().stream()
                .filter(l -> l.period().durable() && !known.contains(l.id()))
                .toList();
        try {
            Map<Optional<Instant>, Set<String>> since = fresh.stream()
                    .collect(Collectors.groupingBy(
                            this::begin, Collectors.mapping(Limit::id, Collectors.toCollection(HashSet::new))));
            since.forEach((from, ids) -> seed(snapshot, ids, ledger.sums(from.orElse(null))));
            known = Set.copyOf(all.keySet());
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "new limits begin at zero until the ledger can be read for what was used before", e);
        }
    }

    /** When what counts now began; empty: ever. */
    private Optional<Instant> begin(Limit limit) {
        if (limit.period() == LimitPeriod.TOTAL) {
            return Optional.empty();
        }
        long now = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
        long begin = limit.algorithm() == LimitAlgorithm.FIXED_WINDOW
                ? limit.period().start(now, limit.zone())
                : now - limit.period().micros();
        return Optional.of(Instant.EPOCH.plus(begin, ChronoUnit.MICROS));
    }

    private void seed(RuntimeSnapshot snapshot, Set<String> ids, List<UsageQuery.Sum> sums) {
        Map<CounterKey, Charge> charges = new HashMap<>();
        for (UsageQuery.Sum sum : sums) {
            LimitTable.Collector adding = (limit, subject) -> {
                if (ids.contains(limit.id())) {
                    Charge charge = new Charge(limit, new CounterKey(limit.id(), subject), amount(limit, sum));
                    charges.merge(
                            charge.key(), charge, (a, b) -> new Charge(a.limit(), a.key(), a.amount() + b.amount()));
                }
            };
            snapshot.limits().early().early(null, adding);
            snapshot.limits().of(sum.tenantId()).collect(facts(snapshot, sum), adding);
        }
        charges.values().forEach(counters::seed);
    }

    private static long amount(Limit limit, UsageQuery.Sum sum) {
        return switch (limit.metric()) {
            case REQUESTS -> sum.requests();
            case TOKENS -> sum.inputTokens() + sum.outputTokens();
            case INPUT_TOKENS -> sum.inputTokens();
            case OUTPUT_TOKENS -> sum.outputTokens();
            case COST, CONCURRENCY -> 0;
        };
    }

    private static LimitTable.Facts facts(RuntimeSnapshot snapshot, UsageQuery.Sum sum) {
        return new LimitTable.Facts(
                sum.tenantId(),
                Objects.requireNonNullElse(sum.userId(), sum.keyId()),
                sum.keyId(),
                null,
                sum.requestedModel(),
                sum.upstreamModel(),
                sum.endpoint(),
                provider(snapshot, sum),
                sum.provider());
    }

    private static @Nullable UUID provider(RuntimeSnapshot snapshot, UsageQuery.Sum sum) {
        TenantView tenant = snapshot.tenants().get(sum.tenantId());
        return tenant == null || sum.provider() == null
                ? null
                : tenant.account(sum.provider()).map(a -> a.id()).orElse(null);
    }
}
