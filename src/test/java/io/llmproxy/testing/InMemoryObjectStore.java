package io.llmproxy.testing;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import io.llmproxy.port.ObjectStore;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** Who owns stored objects in memory. */
final class InMemoryObjectStore implements ObjectStore {
    private final InMemoryRows rows;

    InMemoryObjectStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public boolean keep(StoredObject o) {
        rows.checkThere();
        StoredObject before =
                rows.objectRows.putIfAbsent(new InMemoryRows.ObjectKey(o.providerId(), o.kind(), o.id()), o);
        return before == null || before.tenantId().equals(o.tenantId());
    }

    @Override
    public void keepAll(List<StoredObject> objects) {
        objects.forEach(this::keep);
    }

    @Override
    public List<StoredObject> find(UUID tenantId, ObjectKind kind, String id) {
        rows.checkThere();
        return rows.objectRows.values().stream()
                .filter(o -> o.tenantId().equals(tenantId))
                .filter(o -> o.kind() == kind && o.id().equals(id))
                .sorted(Comparator.comparing(StoredObject::createdAt).reversed())
                .toList();
    }

    @Override
    public Set<String> owned(UUID tenantId, UUID providerId, ObjectKind kind, Collection<String> ids) {
        rows.checkThere();
        return ids.stream()
                .filter(id -> {
                    StoredObject o = rows.objectRows.get(new InMemoryRows.ObjectKey(providerId, kind, id));
                    return o != null && o.tenantId().equals(tenantId);
                })
                .collect(Collectors.toSet());
    }

    @Override
    public int count(UUID tenantId, UUID providerId, ObjectKind kind) {
        rows.checkThere();
        return (int) rows.objectRows.values().stream()
                .filter(o -> o.tenantId().equals(tenantId) && o.providerId().equals(providerId) && o.kind() == kind)
                .count();
    }

    @Override
    public void forget(UUID tenantId, UUID providerId, ObjectKind kind, String id) {
        rows.checkThere();
        rows.objectRows.computeIfPresent(
                new InMemoryRows.ObjectKey(providerId, kind, id),
                (key, o) -> o.tenantId().equals(tenantId) ? null : o);
    }

    @Override
    public int purge(UUID tenantId, Instant now, int max) {
        rows.checkThere();
        List<InMemoryRows.ObjectKey> expired = rows.objectRows.entrySet().stream()
                .filter(e -> e.getValue().tenantId().equals(tenantId))
                .filter(e -> e.getValue().expiresAt() != null
                        && e.getValue().expiresAt().isBefore(now))
                .map(Map.Entry::getKey)
                .limit(max)
                .toList();
        expired.forEach(rows.objectRows::remove);
        return expired.size();
    }

    @Override
    public void check() {
        rows.checkThere();
    }
}
