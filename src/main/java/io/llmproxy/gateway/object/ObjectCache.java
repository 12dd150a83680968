package io.llmproxy.gateway.object;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Objects lately seen: a fixed number of places, of which each object has one, and the newest of those that share a place is there.
 * Thread-safe, without a lock. It is right for ever what it holds but for objects that were deleted, which nobody else ever gets.
 */
final class ObjectCache {
    private static final int PLACES = 1 << 13;

    private final AtomicReferenceArray<@Nullable StoredObject> places = new AtomicReferenceArray<>(PLACES);

    private static int place(UUID tenantId, ObjectKind kind, String id) {
        int hash = 31 * (31 * id.hashCode() + tenantId.hashCode()) + kind.hashCode();
        return (hash ^ hash >>> 16) & PLACES - 1;
    }

    @Nullable
    StoredObject find(UUID tenantId, ObjectKind kind, String id) {
        StoredObject found = places.get(place(tenantId, kind, id));
        boolean same = found != null
                && found.kind() == kind
                && found.id().equals(id)
                && found.tenantId().equals(tenantId);
        return same ? found : null;
    }

    void put(StoredObject object) {
        places.set(place(object.tenantId(), object.kind(), object.id()), object);
    }

    void remove(UUID tenantId, ObjectKind kind, String id) {
        if (find(tenantId, kind, id) != null) {
            places.set(place(tenantId, kind, id), null);
        }
    }
}
