package io.llmproxy.adapter.http.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * A listener's certificate, its chain, its private key, found to belong together, and the authorities of its clients: what the
 * files held at one time. Immutable.
 */
final class TlsMaterial {
    /** What older versions offer is broken (RFC 8996). */
    private static final List<String> VERSIONS = List.of("TLSv1.3", "TLSv1.2");

    /** Authenticated encryption with forward secrecy alone; the cheaper first. */
    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    private final TlsSettings settings;
    private final TlsFiles files;
    private final List<X509Certificate> chain;
    private final List<X509Certificate> authorities;
    private final SSLContext context;
    private final String[] versions;
    private final String[] ciphers;

    private TlsMaterial(TlsSettings settings, TlsFiles files) throws CertificateFault {
        this.settings = settings;
        this.files = files;
        String certificate = settings.named("certificate") + " " + settings.certificate();
        this.chain = Certificates.parse(certificate, files.certificate());
        String gap = Certificates.gap(chain);
        if (gap != null) {
            throw new CertificateFault(certificate + ": " + gap);
        }
        PrivateKey key = PrivateKeyFile.parse(settings, files);
        if (!matches(key, chain.getFirst())) {
            throw new CertificateFault(settings.named("key") + " " + settings.key()
                    + " is not the key of the first certificate in " + settings.certificate() + " ("
                    + settings.named("certificate") + "); the server's own certificate must come first");
        }
        TlsSettings.Clients clients = settings.clients();
        this.authorities = clients == null
                ? List.of()
                : Certificates.parse(settings.named("client-ca") + " " + clients.authorities(), files.authorities());
        this.context = context(key);
        Set<String> known = Set.of(context.getSupportedSSLParameters().getCipherSuites());
        this.ciphers = CIPHERS.stream().filter(known::contains).toArray(String[]::new);
        this.versions = settings.newestAlone() ? new String[] {VERSIONS.getFirst()} : VERSIONS.toArray(String[]::new);
    }

    static TlsMaterial read(TlsSettings settings) throws CertificateFault {
        return new TlsMaterial(settings, TlsFiles.read(settings));
    }

    /** What the files hold by now; this one, if that is what they held before. */
    TlsMaterial again() throws CertificateFault {
        TlsFiles now = TlsFiles.read(settings);
        return now.same(files) ? this : new TlsMaterial(settings, now);
    }

    /** For one connection of a client. Of a context of this material alone, so that no session of an older one is resumed. */
    SSLEngine engine() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(versions);
        parameters.setCipherSuites(ciphers);
        parameters.setUseCipherSuitesOrder(true);
        TlsSettings.Clients clients = settings.clients();
        if (clients != null && clients.required()) {
            parameters.setNeedClientAuth(true);
        } else if (clients != null) {
            parameters.setWantClientAuth(true);
        }
        engine.setSSLParameters(parameters);
        return engine;
    }

    /** The listener's own first. */
    List<X509Certificate> chain() {
        return chain;
    }

    X509Certificate certificate() {
        return chain.getFirst();
    }

    /** That may have signed the certificates of clients; empty: clients are not asked for one. */
    List<X509Certificate> authorities() {
        return authorities;
    }

    /** Whether what the one signs the other verifies: true of a pair and of nothing else, whatever the algorithm. */
    private static boolean matches(PrivateKey key, X509Certificate certificate) {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> "EdDSA";
        };
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update((byte) 1);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update((byte) 1);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private SSLContext context(PrivateKey key) throws CertificateFault {
        char[] password = new char[0];
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("own", key, password, chain.toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext made = SSLContext.getInstance("TLS");
            made.init(keys.getKeyManagers(), trust(), null);
            return made;
        } catch (GeneralSecurityException | IOException e) {
            throw new CertificateFault(
                    settings.listener() + ".tls: this Java cannot use the certificate: " + e.getMessage(), e);
        }
    }

    /** Null: clients are not asked. */
    private TrustManager @Nullable [] trust() throws GeneralSecurityException, IOException {
        if (authorities.isEmpty()) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry(Integer.toString(i), authorities.get(i));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return factory.getTrustManagers();
    }
}
