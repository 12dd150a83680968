package io.llmproxy.runtime;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Due;
import io.llmproxy.domain.limit.Dues;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.StateSource.ManagedState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All limits in force: those of the configuration, those set as limits, and those that settings of tenants and keys amount to. Thread-safe. */
public final class Limits {
    public static final Limits NONE = new Limits(LimitTable.EMPTY, Map.of(), Map.of());

    private final LimitTable early;
    private final Map<UUID, LimitTable> byTenant;
    private final Map<String, Limit> byId;
    private final KnownDues<LimitTable.Facts> known = KnownDues.ofAll();
    private final KnownDues<LimitTable.Place> places = KnownDues.ofPlaces();
    private final Dues anywhere;

    /**
     * @param early those that are judged before a key is looked at
     * @param byTenant the others, as each tenant's requests meet them
     * @param byId every one of them
     */
    public Limits(LimitTable early, Map<UUID, LimitTable> byTenant, Map<String, Limit> byId) {
        this.early = early;
        this.byTenant = byTenant;
        this.byId = byId;
        List<Due> unplaced = new ArrayList<>();
        early.early(null, unplaced::add);
        this.anywhere = new Dues(unplaced);
    }

    /** Those that are judged before a key is looked at. */
    public LimitTable early() {
        return early;
    }

    /** Every one of them, by its id. */
    public Map<String, Limit> byId() {
        return byId;
    }

    public LimitTable of(UUID tenantId) {
        return byTenant.getOrDefault(tenantId, LimitTable.EMPTY);
    }

    /**
     * The limits that a request is under, the narrowest scope first but for those of certain subjects, which come before all.
     *
     * @param table what {@link #of} has for the tenant of the facts
     */
    public Dues due(LimitTable table, LimitTable.Facts facts) {
        return known.of(table, facts);
    }

    /**
     * What is judged of a request before its key is looked at.
     *
     * @param place null: exempt from limits of addresses
     */
    public Dues early(LimitTable.@Nullable Place place) {
        return place == null || !early.placed() ? anywhere : places.of(early, place);
    }

    /** Whether a tenant's requests are under limits of addresses that outlive a process, so that addresses may have to be kept. */
    public boolean lastingPlaces(UUID tenantId) {
        return early.lasting() || of(tenantId).lasting();
    }

    /** What of an address has to be kept with a tenant's request, so that its limits find that use again; null: nothing. */
    public @Nullable String kept(UUID tenantId, LimitTable.Place place) {
        LimitTable own = of(tenantId);
        return early.lasting(place) || own.lasting(place) ? place.text(early.precise() || own.precise()) : null;
    }

    static Limits of(ManagedState state, List<Limit> configured) {
        List<Limit> wide = new ArrayList<>(configured);
        Map<UUID, List<Limit>> narrow = new HashMap<>();
        for (Limit limit : state.limits()) {
            UUID tenant = limit.tenantId();
            if (tenant == null) {
                wide.add(limit);
            } else {
                narrow.computeIfAbsent(tenant, t -> new ArrayList<>()).add(limit);
            }
        }
        Map<UUID, List<ApiKey>> counted = new HashMap<>();
        state.keys().stream()
                .filter(k -> k.scope().maxRequests() != null)
                .forEach(k -> counted.computeIfAbsent(k.tenantId(), t -> new ArrayList<>())
                        .add(k));
        Map<UUID, LimitTable> tables = new HashMap<>();
        Map<String, Limit> byId = new HashMap<>();
        wide.forEach(l -> byId.put(l.id(), l));
        for (Tenant tenant : state.tenants()) {
            List<Limit> own = new ArrayList<>(narrow.getOrDefault(tenant.id(), List.of()));
            own.addAll(settings(tenant));
            counted.getOrDefault(tenant.id(), List.of()).forEach(k -> own.add(ofKey(k)));
            own.replaceAll(l -> l.in(tenant.settings().limits().zone()));
            own.forEach(l -> byId.put(l.id(), l));
            wide.stream().filter(l -> !l.early()).forEach(l -> own.add(zoned(l, tenant)));
            tables.put(tenant.id(), new LimitTable(own, new InState(state, tenant.id())));
        }
        List<Limit> early = wide.stream().filter(Limit::early).toList();
        return new Limits(new LimitTable(early, LimitTable.Named.NONE), tables, byId);
    }

    /** What is counted for all tenants together has one calendar. */
    private static Limit zoned(Limit limit, Tenant tenant) {
        return limit.zoned() ? limit.in(tenant.settings().limits().zone()) : limit;
    }

    /** The limits that a tenant's settings amount to. */
    public static List<Limit> settings(Tenant tenant) {
        UsageLimits limits = tenant.settings().limits();
        List<Limit> out = new ArrayList<>();
        add(
                out,
                tenant,
                "max-requests-per-minute",
                LimitMetric.REQUESTS,
                limits.maxRequestsPerMinute(),
                LimitPeriod.MINUTE);
        add(out, tenant, "max-requests-per-day", LimitMetric.REQUESTS, limits.maxRequestsPerDay(), LimitPeriod.DAY);
        add(out, tenant, "max-tokens-per-day", LimitMetric.TOKENS, limits.maxTokensPerDay(), LimitPeriod.DAY);
        return out;
    }

    private static void add(
            List<Limit> out,
            Tenant tenant,
            String name,
            LimitMetric metric,
            @Nullable Long amount,
            LimitPeriod period) {
        if (amount != null) {
            String id = "setting:" + tenant.slug() + ":" + name;
            LimitAlgorithm algorithm = LimitAlgorithm.of(period);
            out.add(Limit.of(id, LimitScope.TENANT, metric, amount, period, algorithm, LimitOrigin.SETTING)
                    .of(tenant.id()));
        }
    }

    private static Limit ofKey(ApiKey key) {
        Long amount = key.scope().maxRequests();
        return new Limit(
                "setting:key:" + key.id(),
                key.tenantId(),
                LimitScope.KEY,
                key.id().toString(),
                LimitMetric.REQUESTS,
                amount == null ? Limit.MAX_AMOUNT : amount,
                LimitPeriod.TOTAL,
                LimitAlgorithm.FIXED_WINDOW,
                Limit.DEFAULT_SEGMENTS,
                LimitMode.HARD,
                LimitOrigin.SETTING,
                java.time.ZoneOffset.UTC);
    }

    /** Looks names up among those of one tenant, which are laid out at the first look: a limit must not walk over a million users. */
    private static final class InState implements LimitTable.Named {
        private final ManagedState state;
        private final UUID tenant;
        private @Nullable Map<String, List<UUID>> users;
        private @Nullable Map<String, List<UUID>> keys;

        InState(ManagedState state, UUID tenant) {
            this.state = state;
            this.tenant = tenant;
        }

        @Override
        public List<UUID> users(String subject) {
            if (users == null) {
                users = state.users().stream()
                        .filter(u -> u.tenantId().equals(tenant))
                        .collect(byName(User::email, User::id));
            }
            UUID id = id(subject);
            return id != null ? List.of(id) : users.getOrDefault(subject.toLowerCase(Locale.ROOT), List.of());
        }

        @Override
        public List<UUID> keys(String subject) {
            UUID id = id(subject);
            if (id != null) {
                return List.of(id);
            }
            if (keys == null) {
                keys = state.keys().stream()
                        .filter(k -> k.tenantId().equals(tenant))
                        .collect(byName(ApiKey::name, ApiKey::id));
            }
            return keys.getOrDefault(subject, List.of());
        }

        private static <T> Collector<T, ?, Map<String, List<UUID>>> byName(
                Function<T, String> name, Function<T, UUID> id) {
            return Collectors.groupingBy(name, Collectors.mapping(id, Collectors.toList()));
        }

        private static @Nullable UUID id(String text) {
            try {
                return text.length() == 36 ? UUID.fromString(text) : null;
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }
}
