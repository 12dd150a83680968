package io.llmproxy.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a listener shows of itself in TLS.
 *
 * @param listener {@code gateway} or {@code admin}
 * @param file that holds the certificate and those after it
 * @param alternatives the names that it is valid for, as {@code dns:llm.example.com}
 * @param serial in hexadecimal digits, as the fingerprint, which is a SHA-256
 * @param daysLeft whole days; negative: it has expired
 * @param keyType as {@code EC 256}
 * @param chain how many certificates the file holds, its own among them
 * @param chainFault what is wrong with those after it; null: nothing that can be seen here
 * @param minVersion the oldest version of TLS that is spoken
 * @param clients null: clients are not asked for certificates
 * @param fault what is wrong, and what to do; null: nothing
 */
public record ListenerCertificate(
        String listener,
        String file,
        String subject,
        List<String> alternatives,
        String issuer,
        String serial,
        String fingerprint,
        Instant notBefore,
        Instant notAfter,
        long daysLeft,
        String keyType,
        int chain,
        @Nullable String chainFault,
        String minVersion,
        @Nullable Clients clients,
        @Nullable String fault) {

    /**
     * The authorities of the clients.
     *
     * @param required whether a client without a certificate is refused
     * @param until when the first of them ends
     */
    public record Clients(String file, boolean required, List<String> subjects, Instant until) {}
}
