package io.llmproxy.adapter.http.tls;

import io.llmproxy.admin.ListenerCertificate;
import io.llmproxy.admin.ListenerCertificate.Clients;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells of a listener's certificate. */
final class Reports {
    private Reports() {}

    static ListenerCertificate of(TlsSettings settings, TlsMaterial material, @Nullable String fault, Instant now) {
        X509Certificate own = material.certificate();
        Instant end = own.getNotAfter().toInstant();
        return new ListenerCertificate(
                settings.listener(),
                settings.certificate().toString(),
                Certificates.name(own),
                ClientNames.alternatives(own),
                own.getIssuerX500Principal().toString(),
                own.getSerialNumber().toString(16),
                ClientNames.fingerprint(own).value(),
                own.getNotBefore().toInstant(),
                end,
                Math.floorDiv(
                        Duration.between(now, end).toSeconds(),
                        Duration.ofDays(1).toSeconds()),
                keyType(own.getPublicKey()),
                material.chain().size(),
                Certificates.broken(material.chain(), now),
                settings.newestAlone() ? "1.3" : "1.2",
                clients(settings.clients(), material.authorities()),
                fault);
    }

    private static @Nullable Clients clients(TlsSettings.@Nullable Clients clients, List<X509Certificate> authorities) {
        if (clients == null) {
            return null;
        }
        Instant until = authorities.stream()
                .map(a -> a.getNotAfter().toInstant())
                .min(Comparator.naturalOrder())
                .orElseThrow();
        List<String> subjects = authorities.stream().map(Certificates::name).toList();
        return new Clients(clients.authorities().toString(), clients.required(), subjects, until);
    }

    private static String keyType(PublicKey key) {
        return switch (key) {
            case RSAPublicKey rsa -> "RSA " + rsa.getModulus().bitLength();
            case ECPublicKey ec -> "EC " + ec.getParams().getCurve().getField().getFieldSize();
            default -> key.getAlgorithm();
        };
    }
}
