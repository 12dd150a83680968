package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.model.ProviderAccount;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Provider accounts, durable. Every method blocks and throws {@link StoreException} where the database is away. */
public interface ProviderStore {
    /** @throws StoreException.Duplicate where the owner has a provider of that name */
    void insert(ProviderAccount provider);

    void update(ProviderAccount provider);

    void delete(UUID id);

    /** @param tenantId the owner; null: the shared ones. The other kind is not looked at. */
    Optional<ProviderAccount> find(@Nullable UUID tenantId, String nameOrId);

    /** By name: the tenant's own and, where {@code withShared}, the shared ones (own first for equal names); null: the shared ones alone. */
    Page<ProviderAccount> list(@Nullable UUID tenantId, boolean withShared, Page.Request page);
}
