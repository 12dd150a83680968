package io.llmproxy;

import io.llmproxy.adapter.http.HandshakeFigures;
import io.llmproxy.adapter.http.SecureListener;
import io.llmproxy.adapter.http.tls.CertificateFault;
import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.adapter.telemetry.HelidonTelemetry;
import io.llmproxy.adapter.telemetry.Shown;
import io.llmproxy.admin.ListenerCertificate;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ApplianceConfig.TlsConfig;
import io.llmproxy.config.ApplianceConfig.TlsConfig.ClientAuth;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The certificates of the listeners that have one. */
final class TlsListeners implements AutoCloseable {
    private static final List<String> LISTENER = List.of("listener");

    private final @Nullable CertificateFiles gateway;
    private final @Nullable CertificateFiles admin;
    private final @Nullable SecureListener adminListener;

    private TlsListeners(@Nullable CertificateFiles gateway, @Nullable CertificateFiles admin) {
        this.gateway = gateway;
        this.admin = admin;
        this.adminListener = admin == null ? null : new SecureListener(admin);
    }

    /** @throws CertificateFault where files cannot be used */
    static TlsListeners open(ApplianceConfig config, InstantSource clock) throws CertificateFault {
        CertificateFiles gateway = open("gateway", config.gateway().tls(), clock);
        try {
            return new TlsListeners(gateway, open("admin", config.admin().tls(), clock));
        } catch (CertificateFault e) {
            if (gateway != null) {
                gateway.close();
            }
            throw e;
        }
    }

    private static @Nullable CertificateFiles open(String listener, @Nullable TlsConfig tls, InstantSource clock)
            throws CertificateFault {
        return tls == null ? null : CertificateFiles.open(settings(listener, tls), clock);
    }

    private static TlsSettings settings(String listener, TlsConfig tls) {
        Path authorities = tls.clientCa();
        return new TlsSettings(
                listener,
                tls.certificate(),
                tls.key(),
                tls.keyPassword(),
                tls.newestAlone(),
                authorities == null || tls.clientAuth() == ClientAuth.NONE
                        ? null
                        : new TlsSettings.Clients(authorities, tls.clientAuth() == ClientAuth.REQUIRED));
    }

    /** Null: HTTP without TLS. */
    @Nullable
    CertificateFiles gateway() {
        return gateway;
    }

    /** What puts TLS under the listener for health and metrics; null: HTTP without TLS. */
    @Nullable
    SecureListener admin() {
        return adminListener;
    }

    /** What is wrong with the gateway's certificate; null: nothing. */
    @Nullable
    String gatewayFault() {
        return gateway == null ? null : gateway.fault();
    }

    /** The same of the admin listener's. */
    @Nullable
    String adminFault() {
        return admin == null ? null : admin.fault();
    }

    /** What clients are shown now. */
    List<ListenerCertificate> certificates() {
        return all().map(CertificateFiles::report).toList();
    }

    /**
     * Reads all files again, at once instead of within two seconds.
     *
     * @return why files cannot be used, whose former content stays in force; empty: what they hold is in force
     */
    List<String> reload() {
        return all().map(CertificateFiles::reload).filter(Objects::nonNull).toList();
    }

    /** @param gatewayHandshakes how they went on the gateway's listener */
    void measure(HelidonTelemetry telemetry, Supplier<HandshakeFigures> gatewayHandshakes) {
        Map<String, CertificateFiles> named = new LinkedHashMap<>();
        Map<String, Supplier<HandshakeFigures>> handshakes = new LinkedHashMap<>();
        if (gateway != null) {
            named.put("gateway", gateway);
            handshakes.put("gateway", gatewayHandshakes);
        }
        if (admin != null && adminListener != null) {
            named.put("admin", admin);
            handshakes.put("admin", adminListener::handshakes);
        }
        if (!named.isEmpty()) {
            telemetry.show(Shown.level(
                    "llmproxy_tls_handshakes",
                    "TLS handshakes of clients that are under way",
                    LISTENER,
                    out -> handshakes.forEach(
                            (listener, figures) -> out.add(figures.get().underWay(), listener))));
            telemetry.show(Shown.counter(
                    "llmproxy_tls_handshakes_failed_total",
                    "TLS handshakes that failed (refused), took too long (slow), or were closed since too many were under way (crowd)",
                    List.of("listener", "reason"),
                    out -> handshakes.forEach((listener, figures) -> {
                        HandshakeFigures now = figures.get();
                        out.add((double) now.refused(), listener, "refused");
                        out.add((double) now.slow(), listener, "slow");
                        out.add((double) now.crowded(), listener, "crowd");
                    })));
            telemetry.show(Shown.level(
                    "llmproxy_tls_certificate_expiry_seconds",
                    "How long the certificate that a listener shows is still valid; negative: it has expired",
                    LISTENER,
                    out -> named.forEach((listener, files) -> out.add((double) files.secondsLeft(), listener))));
        }
    }

    private Stream<CertificateFiles> all() {
        return Stream.of(gateway, admin).filter(Objects::nonNull);
    }

    @Override
    public void close() {
        all().forEach(CertificateFiles::close);
        if (adminListener != null) {
            adminListener.close();
        }
    }
}
