package io.llmproxy.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.port.ApiKeyStore;

/**
 * Who may say that a client's certificate stands for a key. The authorities that sign such certificates are the installation's, for all
 * its tenants: a tenant that could claim any name would get the requests of another. So an admin of the installation alone
 * says it, and of each name once.
 */
final class CertificateClaims {
    private final ApiKeyStore keys;

    CertificateClaims(ApiKeyStore keys) {
        this.keys = keys;
    }

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
        for (ApiKey other : keys.certificateOnly()) {
            if (!other.id().equals(key.id())) {
                refuseSame(key, other);
            }
        }
    }

    private static void refuseSame(ApiKey key, ApiKey other) {
        for (CertificateName name : key.scope().certificates().names()) {
            if (other.scope().certificates().names().contains(name)) {
                boolean own = other.tenantId().equals(key.tenantId());
                throw AdminException.conflict("a certificate with " + name + " stands for "
                        + (own ? "the key `" + other.name() + "`" : "a key of another tenant")
                        + " already; revoke that one, or name another certificate");
            }
        }
    }
}
