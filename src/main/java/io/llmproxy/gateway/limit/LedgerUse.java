package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.Usd;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.TenantView;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Tells what the ledger knows of the use of limits, but for those of addresses: see {@link AddressUse}. Blocks. */
public final class LedgerUse {
    private final UsageStore ledger;

    public LedgerUse(UsageStore ledger) {
        this.ledger = ledger;
    }

    /**
     * What has to be read of the ledger.
     *
     * @param from when what counts began; null: ever
     * @param zone of the tenants that are meant; null: all
     */
    private record Span(
            @Nullable Instant from,
            boolean detailed,
            @Nullable ZoneId zone) {}

    /**
     * What each counter of the limits has counted: each limit as it holds for that subject, with its zone.
     *
     * @param begin when what counts now of a limit began; null: ever
     */
    public Map<CounterKey, Charge> of(
            RuntimeSnapshot snapshot, Collection<Limit> limits, Function<Limit, @Nullable Instant> begin) {
        Set<ZoneId> zones = new HashSet<>();
        snapshot.tenants().values().forEach(t -> zones.add(zone(t)));
        Map<Span, Set<String>> spans = new HashMap<>();
        for (Limit limit : limits) {
            if (limit.zoned()) {
                zones.forEach(zone -> note(spans, limit.in(zone), zone, begin));
            } else {
                note(spans, limit, null, begin);
            }
        }
        Map<CounterKey, Charge> used = new HashMap<>();
        spans.forEach((span, ids) -> add(snapshot, span, ids, used));
        return used;
    }

    private static void note(
            Map<Span, Set<String>> spans,
            Limit limit,
            @Nullable ZoneId zone,
            Function<Limit, @Nullable Instant> begin) {
        spans.computeIfAbsent(new Span(begin.apply(limit), detailed(limit), zone), s -> new HashSet<>())
                .add(limit.id());
    }

    /** Whether sums of whole hours do not tell its subjects apart. */
    static boolean detailed(Limit limit) {
        return limit.scope() == LimitScope.MODEL || limit.scope() == LimitScope.ENDPOINT;
    }

    private void add(RuntimeSnapshot snapshot, Span span, Set<String> ids, Map<CounterKey, Charge> used) {
        for (UsageQuery.Sum sum : ledger.sums(span.from, span.detailed)) {
            TenantView tenant = snapshot.tenants().get(sum.tenantId());
            if (span.zone != null && (tenant == null || !span.zone.equals(zone(tenant)))) {
                continue;
            }
            LimitTable.Collector adding = due -> {
                if (ids.contains(due.limit().id())) {
                    Charge charge = new Charge(due.limit(), due.key(), amount(due.limit(), sum));
                    used.merge(charge.key(), charge, (a, b) -> new Charge(a.limit(), a.key(), a.amount() + b.amount()));
                }
            };
            collect(snapshot, sum, adding);
        }
    }

    /** All counters that those of the sum have used, but for addresses'. */
    static void collect(RuntimeSnapshot snapshot, UsageQuery.Sum sum, LimitTable.Collector collector) {
        TenantView tenant = snapshot.tenants().get(sum.tenantId());
        snapshot.limits().early().early(null, collector);
        snapshot.limits().of(sum.tenantId()).collect(facts(tenant, sum), collector);
    }

    private static ZoneId zone(TenantView tenant) {
        return tenant.tenant().settings().limits().zone();
    }

    /** Of money each sum is rounded up, so that it never counts for less. */
    static long amount(Limit limit, UsageQuery.Sum sum) {
        return switch (limit.metric()) {
            case REQUESTS -> sum.requests();
            case TOKENS -> sum.inputTokens() + sum.outputTokens();
            case INPUT_TOKENS -> sum.inputTokens();
            case OUTPUT_TOKENS -> sum.outputTokens();
            case COST -> Math.ceilDiv(sum.costNanos(), Usd.NANOS_PER_MICRO);
            case CONCURRENCY -> 0;
        };
    }

    private static LimitTable.Facts facts(@Nullable TenantView tenant, UsageQuery.Sum sum) {
        return new LimitTable.Facts(
                sum.tenantId(),
                Objects.requireNonNullElse(sum.userId(), sum.keyId()),
                sum.keyId(),
                null,
                sum.requestedModel(),
                sum.upstreamModel(),
                sum.endpoint(),
                null, // the ledger has templates alone
                provider(tenant, sum),
                sum.provider());
    }

    private static @Nullable UUID provider(@Nullable TenantView tenant, UsageQuery.Sum sum) {
        return tenant == null || sum.provider() == null
                ? null
                : tenant.account(sum.provider()).map(a -> a.id()).orElse(null);
    }
}
