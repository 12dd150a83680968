package io.llmproxy.runtime;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.KeyHash;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The managed state at one revision, immutable. A request takes one when it begins and keeps it to its end.
 *
 * @param revision of the state that it was built from
 * @param certificates the keys that certificates of clients stand for, by the names of those
 */
public record RuntimeSnapshot(
        long revision,
        Map<KeyHash, KeyEntry> keys,
        Map<UUID, ApiKey> keysById,
        Map<UUID, TenantView> tenants,
        Limits limits,
        Map<CertificateName, KeyEntry> certificates) {

    /** Before the first load: nobody is known. */
    public static final RuntimeSnapshot EMPTY = new RuntimeSnapshot(-1, Map.of(), Map.of(), Map.of());

    /**
     * A hash and what it opens.
     *
     * @param until the hash of a secret that was rotated out ends then; null: it is the key's present one
     */
    public record KeyEntry(
            Principal principal, TenantView view, @Nullable Instant until) {}

    /** A state without limits. */
    public RuntimeSnapshot(
            long revision, Map<KeyHash, KeyEntry> keys, Map<UUID, ApiKey> keysById, Map<UUID, TenantView> tenants) {
        this(revision, keys, keysById, tenants, Limits.NONE);
    }

    /** A state in which certificates stand for no key. */
    public RuntimeSnapshot(
            long revision,
            Map<KeyHash, KeyEntry> keys,
            Map<UUID, ApiKey> keysById,
            Map<UUID, TenantView> tenants,
            Limits limits) {
        this(revision, keys, keysById, tenants, limits, Map.of());
    }

    public RuntimeSnapshot {
        // callers hand over maps that nobody else holds; a copy of a million entries would be for nothing
        keys = java.util.Collections.unmodifiableMap(keys);
        keysById = java.util.Collections.unmodifiableMap(keysById);
        tenants = java.util.Collections.unmodifiableMap(tenants);
        certificates = java.util.Collections.unmodifiableMap(certificates);
    }

    /** The users who have keys, as often as they have some; a walk over all keys, which no request takes. */
    public Stream<User> users() {
        return keys.values().stream()
                .flatMap(k -> Stream.ofNullable(k.principal().user()));
    }

    public @Nullable KeyEntry key(KeyHash hash) {
        return keys.get(hash);
    }

    /** What a certificate of that name stands for. */
    public @Nullable KeyEntry certificate(CertificateName name) {
        return certificates.get(name);
    }

    /** The tenants, without what is known beside them. */
    public List<Tenant> allTenants() {
        return tenants.values().stream().map(TenantView::tenant).toList();
    }

    static RuntimeSnapshot of(
            long revision,
            Collection<TenantView> views,
            Map<KeyHash, KeyEntry> keys,
            Limits limits,
            Map<CertificateName, KeyEntry> certificates) {
        Map<UUID, TenantView> tenants = new HashMap<>();
        views.forEach(v -> tenants.put(v.tenant().id(), v));
        Map<UUID, ApiKey> byId = HashMap.newHashMap(keys.size());
        keys.values()
                .forEach(k -> byId.put(k.principal().key().id(), k.principal().key()));
        return new RuntimeSnapshot(revision, keys, byId, tenants, limits, certificates);
    }
}
