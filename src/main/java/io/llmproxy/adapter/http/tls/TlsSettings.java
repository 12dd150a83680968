package io.llmproxy.adapter.http.tls;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What one listener was told about its certificate.
 *
 * @param listener {@code gateway} or {@code admin}, by which faults name the keys of the configuration
 * @param certificate PEM: the listener's own, then those that signed it
 * @param key PEM: its private key
 * @param keyPassword a file with what the key is encrypted with; null: it is not
 * @param newestAlone whether TLS 1.2 is refused
 * @param clients whose certificates clients may show; null: they are not asked for one
 */
public record TlsSettings(
        String listener,
        Path certificate,
        Path key,
        @Nullable Path keyPassword,
        boolean newestAlone,
        @Nullable Clients clients) {

    /**
     * Certificates of clients.
     *
     * @param authorities PEM: those that may have signed them
     * @param required whether a client without one is refused
     */
    public record Clients(Path authorities, boolean required) {}

    /** A key that is not encrypted, TLS 1.2 as well, and no certificates of clients. */
    public static TlsSettings of(String listener, Path certificate, Path key) {
        return new TlsSettings(listener, certificate, key, null, false, null);
    }

    /** The name of a key of the configuration, as {@code gateway.tls.key}. */
    String named(String last) {
        return listener + ".tls." + last;
    }
}
