package io.llmproxy.port;

import io.llmproxy.domain.usage.PriceOverlay;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Prices that operators set, durable. Every method blocks and throws {@link StoreException} where the database is away. */
public interface PriceStore {
    /** @throws StoreException.Duplicate where the owner has a row of that scope and time */
    void insert(List<PriceOverlay> prices);

    void delete(Collection<UUID> ids);

    /** The rows of one tenant, or, where {@code tenantId} is null, those of the whole installation; in no order. */
    List<PriceOverlay> all(@Nullable UUID tenantId);
}
