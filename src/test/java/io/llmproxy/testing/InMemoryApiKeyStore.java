package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.port.ApiKeyStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** API keys in memory. */
final class InMemoryApiKeyStore implements ApiKeyStore {
    private final InMemoryRows rows;

    InMemoryApiKeyStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public void insert(ApiKey k) {
        rows.insert(
                rows.keyRows,
                k.id(),
                k,
                o -> o.tenantId().equals(k.tenantId()) && o.name().equals(k.name()));
    }

    @Override
    public void update(ApiKey k) {
        rows.update(rows.keyRows, k.id(), k);
    }

    @Override
    public void delete(UUID id) {
        rows.remove(rows.keyRows, id);
    }

    @Override
    public Optional<ApiKey> find(UUID tenantId, String ref) {
        rows.checkThere();
        return rows.keyRows.values().stream()
                .filter(k -> k.tenantId().equals(tenantId))
                .filter(k -> k.name().equals(ref)
                        || k.id().toString().equals(ref)
                        || k.prefix().equals(ref))
                .findFirst();
    }

    @Override
    public int countLive(UUID tenantId) {
        rows.checkThere();
        int count = (int) rows.keyRows.values().stream()
                .filter(k -> k.tenantId().equals(tenantId) && !k.revoked())
                .count();
        LockSupport.parkNanos(100_000); // room for another transaction to come between
        return count;
    }

    @Override
    public List<ApiKey> all(UUID tenantId, @Nullable UUID userId) {
        rows.checkThere();
        return InMemoryRows.sorted(rows.keyRows, k -> ofUser(k, tenantId, userId), ApiKey::name);
    }

    @Override
    public List<ApiKey> certificateOnly() {
        rows.checkThere();
        return InMemoryRows.sorted(rows.keyRows, k -> k.scope().certificates().alone() && !k.revoked(), ApiKey::name);
    }

    @Override
    public Page<ApiKey> list(UUID tenantId, @Nullable UUID userId, Page.Request request) {
        return rows.page(all(tenantId, userId), ApiKey::name, request);
    }

    @Override
    public void touch(Map<UUID, Instant> lastUses) {}

    private static boolean ofUser(ApiKey key, UUID tenantId, @Nullable UUID userId) {
        return key.tenantId().equals(tenantId) && (userId == null || userId.equals(key.userId()));
    }
}
