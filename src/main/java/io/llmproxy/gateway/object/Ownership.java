package io.llmproxy.gateway.object;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.Provider;
import io.llmproxy.port.StoreException;
import io.llmproxy.runtime.TenantView;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Whose stored objects are whose. Blocks on the store for what was not seen lately; where that is away, the client is told so with
 * 503. Thread-safe.
 */
public final class Ownership {
    private static final Logger LOG = System.getLogger(Ownership.class.getName());
    private static final long ALARM_NANOS = 60_000_000_000L;
    /** For so long after the store worked it is taken to be there. */
    private static final long TRUST_NANOS = 1_000_000_000L;

    private final ObjectStore store;
    private final InstantSource clock;
    private final ObjectCache cache = new ObjectCache();
    private final AtomicLong trustedUntil = new AtomicLong(System.nanoTime());
    private final AtomicLong nextAlarm = new AtomicLong(System.nanoTime());

    public Ownership(ObjectStore store, InstantSource clock) {
        this.store = store;
        this.clock = clock;
    }

    /** The provider that made the tenant's object, where the tenant may use it still. */
    public Optional<Provider> maker(TenantView tenant, ObjectKind kind, String id) {
        UUID owner = tenant.tenant().id();
        StoredObject known = cache.find(owner, kind, id);
        if (known != null) {
            Optional<Provider> maker = tenant.provider(known.providerId());
            if (maker.isPresent()) {
                return maker;
            }
        }
        for (StoredObject object : asked(() -> store.find(owner, kind, id))) {
            Optional<Provider> maker = tenant.provider(object.providerId());
            if (maker.isPresent()) {
                cache.put(object);
                return maker;
            }
        }
        return Optional.empty();
    }

    /** Those of the ids that are the tenant's at that provider. */
    public Set<String> owned(UUID tenant, UUID provider, ObjectKind kind, Collection<String> ids) {
        Set<String> owned = new HashSet<>();
        Set<String> unsure = new HashSet<>();
        for (String id : ids) {
            StoredObject known = cache.find(tenant, kind, id);
            if (known != null && known.providerId().equals(provider)) {
                owned.add(id);
            } else if (StoredObject.isId(id)) {
                unsure.add(id);
            }
        }
        if (!unsure.isEmpty()) {
            owned.addAll(asked(() -> store.owned(tenant, provider, kind, unsure)));
        }
        return owned;
    }

    public int count(UUID tenant, UUID provider, ObjectKind kind) {
        return asked(() -> store.count(tenant, provider, kind));
    }

    /** Before something is made that could not be kept. */
    public void requireStore() {
        if (System.nanoTime() - trustedUntil.get() >= 0) {
            asked(() -> {
                store.check();
                return true;
            });
        }
    }

    /** Keeps an object for its tenant; false: it is another's. */
    public boolean keep(UUID tenant, UUID provider, ObjectKind kind, String id) {
        StoredObject known = cache.find(tenant, kind, id);
        if (known != null && known.providerId().equals(provider)) {
            return true;
        }
        if (!StoredObject.isId(id)) {
            return false;
        }
        StoredObject object = StoredObject.made(provider, kind, id, tenant, clock.instant());
        boolean kept = asked(() -> store.keep(object));
        if (kept) {
            cache.put(object);
        }
        return kept;
    }

    /** Keeps several objects for their tenant, but for those that are another's. */
    public void keepAll(UUID tenant, UUID provider, ObjectKind kind, Collection<String> ids) {
        Instant now = clock.instant();
        List<StoredObject> objects = ids.stream()
                .filter(StoredObject::isId)
                .map(id -> StoredObject.made(provider, kind, id, tenant, now))
                .toList();
        asked(() -> {
            store.keepAll(objects);
            return true;
        });
    }

    /** An object that its provider has deleted; where the store is away its row stays, and leads to nothing. */
    public void forget(UUID tenant, UUID provider, ObjectKind kind, String id) {
        cache.remove(tenant, kind, id);
        try {
            store.forget(tenant, provider, kind, id);
        } catch (StoreException e) {
            alarm(e);
        }
    }

    private <T> T asked(Supplier<T> question) {
        try {
            T answer = question.get();
            trustedUntil.set(System.nanoTime() + TRUST_NANOS);
            return answer;
        } catch (StoreException e) {
            trustedUntil.set(System.nanoTime());
            alarm(e);
            throw Refusals.ownersUnknown();
        }
    }

    /** Once a minute: a database that is away fails many requests, and one line of them says it all. */
    private void alarm(StoreException e) {
        long now = System.nanoTime();
        long next = nextAlarm.get();
        if (now - next >= 0 && nextAlarm.compareAndSet(next, now + ALARM_NANOS)) {
            LOG.log(Level.WARNING, "whose stored objects are whose cannot be looked up or kept", e);
        }
    }
}
