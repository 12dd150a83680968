package io.llmproxy.gateway;

import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import java.lang.ref.WeakReference;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The certificate that a client showed in TLS, found to be signed by one of the listener's authorities. There is one for each
 * connection, and it remembers whose it is for as long as the managed state stays the same. Thread-safe.
 */
public final class ClientCertificate {
    private final List<CertificateName> names;
    private final Instant until;
    private volatile @Nullable Found found;

    /** Whose the certificate is in that state; weakly, since a connection may lie idle for long after a state has passed. */
    private record Found(
            WeakReference<RuntimeSnapshot> state, @Nullable WeakReference<KeyEntry> entry) {}

    /**
     * @param names of the certificate, the fingerprint first
     * @param until when it ends
     */
    public ClientCertificate(List<CertificateName> names, Instant until) {
        this.names = List.copyOf(names);
        this.until = until;
    }

    /** A connection may outlive the certificate that it began with. */
    public boolean expired(Instant now) {
        return now.isAfter(until);
    }

    /** Whether it is one that the key is to come with. */
    public boolean fits(KeyCertificates wanted) {
        for (CertificateName name : wanted.names()) {
            if (names.contains(name)) {
                return true;
            }
        }
        return false;
    }

    /** The key that it stands for; null where there is none, or more than one. */
    public @Nullable KeyEntry owner(RuntimeSnapshot snapshot) {
        Found known = found;
        if (known != null && known.state.refersTo(snapshot)) {
            return known.entry == null ? null : known.entry.get();
        }
        KeyEntry entry = find(snapshot);
        found = new Found(new WeakReference<>(snapshot), entry == null ? null : new WeakReference<>(entry));
        return entry;
    }

    /**
     * By the fingerprint, which is of one certificate alone; else by the names, which must all mean the same key. One that is revoked steps
     * back behind one that took another name over.
     */
    private @Nullable KeyEntry find(RuntimeSnapshot snapshot) {
        KeyEntry entry = null;
        for (CertificateName name : names) {
            KeyEntry named = snapshot.certificate(name);
            if (named != null && name.kind() == CertificateName.Kind.FINGERPRINT) {
                return named;
            }
            if (named == null) {
                continue;
            }
            if (entry == null || same(named, entry) || revoked(entry)) {
                entry = named;
            } else if (!revoked(named)) {
                return null;
            }
        }
        return entry;
    }

    private static boolean revoked(KeyEntry entry) {
        return entry.principal().key().revoked();
    }

    private static boolean same(KeyEntry one, KeyEntry other) {
        return one.principal().key().id().equals(other.principal().key().id());
    }
}
