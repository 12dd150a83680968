package io.llmproxy.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.port.ApiKeyStore;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who may say that a client's certificate stands for a key. The authorities that sign such certificates are the installation's, for all
 * its tenants: a tenant that could claim any name would get the requests of another. So an admin of the installation alone
 * says it, and of each name once.
 */
final class CertificateClaims {
    private final ApiKeyStore keys;
    /** Of a batch: keys that claim anything new; their claims are compared when all commands are done. Null: at once. */
    private final @Nullable Set<UUID> later;

    private CertificateClaims(ApiKeyStore keys, @Nullable Set<UUID> later) {
        this.keys = keys;
        this.later = later;
    }

    /** Each claim is compared when it is made. */
    static CertificateClaims atOnce(ApiKeyStore keys) {
        return new CertificateClaims(keys, null);
    }

    /** By {@link #contested} alone, so that a name may go from one key to another in whichever order. */
    static CertificateClaims atTheEnd(ApiKeyStore keys) {
        return new CertificateClaims(keys, new HashSet<>());
    }

    /**
     * A key that claims what another one does.
     *
     * @param key the one that was made or changed
     */
    record Contested(ApiKey key, AdminException refusal) {}

    /** @throws AdminException where the actor may not claim what the key claims now, or another key does */
    void check(Actor actor, ApiKey key, KeyCertificates before) {
        KeyCertificates after = key.scope().certificates();
        if (!after.alone() || after.equals(before)) {
            return;
        }
        if (!actor.admin()) {
            throw AdminException.forbidden("that a certificate stands for a key is for an admin of the installation to"
                    + " say; a key that needs its certificate beside its secret is not (--certificate-and-key)");
        }
        if (later != null) {
            later.add(key.id());
            return;
        }
        Map<CertificateName, ApiKey> holders = new HashMap<>();
        for (ApiKey other : keys.certificateOnly()) {
            if (!other.id().equals(key.id())) {
                names(other).forEach(name -> holders.putIfAbsent(name, other));
            }
        }
        for (CertificateName name : names(key)) {
            ApiKey holder = holders.get(name);
            if (holder != null) {
                throw refusal(name, key, holder);
            }
        }
    }

    /** What a batch has left that cannot stay so; null: nothing. */
    @Nullable
    Contested contested() {
        if (later == null || later.isEmpty()) {
            return null;
        }
        Map<CertificateName, ApiKey> holders = new HashMap<>();
        for (ApiKey key : keys.certificateOnly()) {
            for (CertificateName name : names(key)) {
                ApiKey holder = holders.putIfAbsent(name, key);
                // what two keys claim that nobody has touched is not this batch's fault
                if (holder != null && later.contains(key.id())) {
                    return new Contested(key, refusal(name, key, holder));
                }
                if (holder != null && later.contains(holder.id())) {
                    return new Contested(holder, refusal(name, holder, key));
                }
            }
        }
        return null;
    }

    private static Set<CertificateName> names(ApiKey key) {
        return new LinkedHashSet<>(key.scope().certificates().names());
    }

    private static AdminException refusal(CertificateName name, ApiKey key, ApiKey holder) {
        boolean own = holder.tenantId().equals(key.tenantId());
        return AdminException.conflict("a certificate with " + name + " stands for "
                + (own ? "the key `" + holder.name() + "`" : "a key of another tenant")
                + " already; revoke that one, or name another certificate");
    }
}
