package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.ApiKey;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** API keys, durable. Every method blocks and throws {@link StoreException} where the database is away. */
public interface ApiKeyStore {
    /** @throws StoreException.Duplicate where the tenant has a key of that name */
    void insert(ApiKey key);

    void update(ApiKey key);

    void delete(UUID id);

    /** @param nameOrId a key's name, its id, or its displayed prefix of 12 characters */
    Optional<ApiKey> find(UUID tenantId, String nameOrId);

    /** Keys that are not revoked. */
    int countLive(UUID tenantId);

    /** Every key of the tenant, or of one of its users. */
    List<ApiKey> all(UUID tenantId, @Nullable UUID userId);

    /** Keys of all tenants that certificates of clients stand for, but revoked ones. */
    List<ApiKey> certificateOnly();

    /** By name; those of one user where {@code userId} is given. */
    Page<ApiKey> list(UUID tenantId, @Nullable UUID userId, Page.Request page);

    /** Notes when keys were last used; unknown ids are passed over. Does not count as a change of the key. */
    void touch(Map<UUID, Instant> lastUses);
}
