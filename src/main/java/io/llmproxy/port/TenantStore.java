package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Tenant;
import java.util.Optional;
import java.util.UUID;

/** Tenants, durable. Every method blocks and throws {@link StoreException} where the database is away. */
public interface TenantStore {
    /** @throws StoreException.Duplicate where the slug is taken */
    void insert(Tenant tenant);

    void update(Tenant tenant);

    /** Deletes the tenant and all it owns but ledger and audit. */
    void delete(UUID id);

    Optional<Tenant> find(String slug);

    /** Like {@link #find}, and holds the row until the transaction's end, so that counts under a maximum stay true. */
    Optional<Tenant> lock(String slug);

    /** By slug. */
    Page<Tenant> list(Page.Request page);
}
