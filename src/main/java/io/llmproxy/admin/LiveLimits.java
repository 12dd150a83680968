package io.llmproxy.admin;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.CounterStore;
import java.time.ZoneId;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The limits as they are in force, and their counters.
 *
 * @param inForce every limit by its id
 * @param owners the tenant of a key or a tenant by its id; null: it is neither's
 * @param addresses those of users with keys, by their ids
 * @param zones of the tenants
 * @param passed how many requests passed a counter's limit, which was soft or shadow, since the start
 */
public record LiveLimits(
        Supplier<Map<String, Limit>> inForce,
        CounterStore counters,
        Function<UUID, @Nullable Named> owners,
        Supplier<Map<UUID, String>> addresses,
        Supplier<Set<ZoneId>> zones,
        ToLongFunction<CounterKey> passed) {
    /** Where nobody counts what passes. */
    public LiveLimits(
            Supplier<Map<String, Limit>> inForce, CounterStore counters, Function<UUID, @Nullable Named> owners) {
        this(inForce, counters, owners, Map::of, Set::of, key -> 0);
    }

    /**
     * What an id stands for.
     *
     * @param over a key that is revoked or has expired, and uses nothing any more
     */
    public record Named(UUID tenantId, String name, boolean over) {}

    /** Whose limit it is, for people: what a key's setting amounts to bears the key's id. */
    @Nullable
    String subject(Limit limit) {
        Named key = ofKey(limit);
        return key == null ? limit.subject() : key.name();
    }

    /** Whether it is that of a key which uses nothing any more. */
    boolean over(Limit limit) {
        Named key = ofKey(limit);
        return key != null && key.over();
    }

    private @Nullable Named ofKey(Limit limit) {
        String subject = limit.subject();
        return limit.origin() == LimitOrigin.SETTING && limit.scope() == LimitScope.KEY && subject != null
                ? owners.apply(UUID.fromString(subject))
                : null;
    }
}
