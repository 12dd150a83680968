package io.llmproxy.adapter.redis;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.SslOptions;
import redis.clients.jedis.SslVerifyMode;

/** The authorities that a Redis is believed by: those of this Java, and those of a file. */
final class RedisTrust {
    /** Those of this Java. */
    static final RedisTrust SYSTEM = new RedisTrust(null);

    private static final String TYPE = "PKCS12";
    /** Certificates are no secret; the format wants a password. */
    private static final char[] PASSWORD = "certificates".toCharArray();

    private final byte @Nullable [] store;

    private RedisTrust(byte @Nullable [] store) {
        this.store = store;
    }

    /** @throws IOException where the file cannot be read, or holds no certificate */
    static RedisTrust besides(Path caFile) throws IOException {
        try {
            KeyStore store = KeyStore.getInstance(TYPE);
            store.load(null, null);
            int n = 0;
            for (X509Certificate authority : system()) {
                store.setCertificateEntry("system-" + n++, authority);
            }
            for (Certificate authority : certificates(caFile)) {
                store.setCertificateEntry("own-" + n++, authority);
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            store.store(out, PASSWORD);
            return new RedisTrust(out.toByteArray());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("TLS cannot be prepared", e);
        }
    }

    /** Checks the server's certificate and its name. */
    SslOptions options() {
        SSLParameters checks = new SSLParameters();
        checks.setEndpointIdentificationAlgorithm("HTTPS");
        SslOptions.Builder options = SslOptions.builder().sslParameters(checks).sslVerifyMode(SslVerifyMode.FULL);
        byte[] content = store;
        if (content != null) {
            options.trustStoreType(TYPE).truststore(() -> new ByteArrayInputStream(content), PASSWORD);
        }
        return options.build();
    }

    private static List<X509Certificate> system() throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        List<X509Certificate> all = new ArrayList<>();
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager system) {
                all.addAll(List.of(system.getAcceptedIssuers()));
            }
        }
        return all;
    }

    private static Collection<? extends Certificate> certificates(Path file) throws IOException {
        byte[] pem = Files.readAllBytes(file);
        try {
            Collection<? extends Certificate> all =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
            if (!all.isEmpty()) {
                return all;
            }
        } catch (CertificateException e) {
            // said below, without what is in the file
        }
        throw new IOException("redis.ca-file " + file
                + " holds no certificate in PEM (-----BEGIN CERTIFICATE-----) that can be read");
    }
}
