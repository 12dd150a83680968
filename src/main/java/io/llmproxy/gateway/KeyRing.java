package io.llmproxy.gateway;

import io.llmproxy.domain.error.ProxyError.Unauthenticated.Kind;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Finds whose key a request presents, without judging whether it may be used. */
public final class KeyRing {
    private final boolean queryKey;

    public KeyRing(boolean queryKey) {
        this.queryKey = queryKey;
    }

    public boolean queryKey() {
        return queryKey;
    }

    /** The different keys of the request. */
    public Set<String> presented(ClientRequest request) {
        return Credentials.presented(request, queryKey);
    }

    /** What the one key opens; null where it is unknown, or was rotated out and its time is over. */
    public static @Nullable KeyEntry find(String secret, RuntimeSnapshot snapshot, Instant now) {
        if (!KeySecrets.wellFormed(secret)) {
            return null;
        }
        KeyEntry entry = snapshot.key(KeySecrets.hash(secret));
        if (entry == null || entry.principal().key().scope().certificates().alone()) {
            return null; // the certificate stands for the key, and nothing else does
        }
        boolean over = entry.until() != null && !now.isBefore(entry.until());
        return over ? null : entry;
    }

    /**
     * The key that a request presents, or that its certificate stands for where it presents none.
     *
     * @throws ProxyException where there is none, or it is no use with the certificate of this connection
     */
    public KeyEntry opened(ClientRequest request, RuntimeSnapshot snapshot, Instant now) {
        Set<String> presented = presented(request);
        ClientCertificate certificate = request.clientCertificate();
        if (certificate != null && certificate.expired(now)) {
            throw Refusals.unauthenticated(Kind.CERTIFICATE_EXPIRED);
        }
        if (presented.isEmpty()) {
            return byCertificate(certificate, snapshot);
        }
        if (presented.size() > 1) {
            throw Refusals.invalid("The request carries several different API keys; send one.", null);
        }
        KeyEntry entry = find(presented.iterator().next(), snapshot, now);
        if (entry == null) {
            throw Refusals.unauthenticated(Kind.INVALID);
        }
        if (!comesWith(certificate, entry)) {
            throw Refusals.unauthenticated(Kind.CERTIFICATE_NEEDED);
        }
        return entry;
    }

    /** Whether the key needs no certificate, or has it. */
    private static boolean comesWith(@Nullable ClientCertificate certificate, KeyEntry entry) {
        KeyCertificates wanted = entry.principal().key().scope().certificates();
        return !wanted.needed() || certificate != null && certificate.fits(wanted);
    }

    private static KeyEntry byCertificate(@Nullable ClientCertificate certificate, RuntimeSnapshot snapshot) {
        if (certificate == null) {
            throw Refusals.unauthenticated(Kind.MISSING);
        }
        KeyEntry entry = certificate.owner(snapshot);
        if (entry == null) {
            throw Refusals.unauthenticated(Kind.CERTIFICATE_UNKNOWN);
        }
        return entry;
    }

    /** Who is behind a request that was refused before its key was looked at; null where that cannot be said. */
    public @Nullable KeyEntry owner(ClientRequest request, RuntimeSnapshot snapshot, Instant now) {
        Set<String> keys = presented(request);
        ClientCertificate certificate = request.clientCertificate();
        if (keys.isEmpty() && certificate != null) {
            return certificate.owner(snapshot);
        }
        KeyEntry entry = keys.size() == 1 ? find(keys.iterator().next(), snapshot, now) : null;
        return entry == null || comesWith(certificate, entry) ? entry : null;
    }
}
