package io.llmproxy.port;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Whose the objects are that providers store, durable. Every method blocks and throws {@link StoreException} where the database is
 * away.
 */
public interface ObjectStore {
    /**
     * Keeps an object, unless its provider has one of that kind and id already: the first owner stays the owner.
     *
     * @return whether the object is its tenant's; false: it is another's, and nothing was changed
     */
    boolean keep(StoredObject object);

    /** Keeps several objects at once; those that are another's are passed over. */
    void keepAll(List<StoredObject> objects);

    /** The tenant's objects of a kind and id, the newest first: more than one where several providers use the same id. */
    List<StoredObject> find(UUID tenantId, ObjectKind kind, String id);

    /** Those of the ids that are the tenant's at that provider. */
    Set<String> owned(UUID tenantId, UUID providerId, ObjectKind kind, Collection<String> ids);

    /** How many objects of a kind the tenant has at that provider. */
    int count(UUID tenantId, UUID providerId, ObjectKind kind);

    /** The tenant's object is no more. */
    void forget(UUID tenantId, UUID providerId, ObjectKind kind, String id);

    /** Deletes at most {@code max} objects of the tenant whose time is over; returns how many. */
    int purge(UUID tenantId, Instant now, int max);

    /** Whether the store can be reached and written to, as far as can be told without writing. */
    void check();
}
