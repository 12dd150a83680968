package io.llmproxy.port;

import io.llmproxy.domain.limit.Limit;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The limits that were set as such, durable. Every method blocks and throws {@link StoreException} where the database is away. */
public interface LimitStore {
    /**
     * Adds the limit, or changes the one that has its id, its subject too, or else the one that has its owner, scope, subject, metric,
     * period and origin, which keeps its id; returns the limit as it is kept.
     */
    Limit put(Limit limit, Instant now);

    Optional<Limit> find(UUID id);

    void delete(UUID id);

    /**
     * By id.
     *
     * @param tenantId the owner; null: those of the installation
     */
    List<Limit> list(@Nullable UUID tenantId);
}
