package io.llmproxy.adapter.http.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** A certificate, its chain and its private key as they were in two PEM files, found to belong together. */
final class CertificatePair {
    /** How long before its end a certificate is among the problems. */
    private static final Duration SOON = Duration.ofDays(14);

    private final byte[] chainBytes;
    private final byte[] keyBytes;
    private final X509Certificate certificate;
    private final Path chainFile;
    private final SSLContext context;

    private CertificatePair(Path chainFile, byte[] chainBytes, Path keyFile, byte[] keyBytes) throws CertificateFault {
        this.chainFile = chainFile;
        this.chainBytes = chainBytes;
        this.keyBytes = keyBytes;
        List<X509Certificate> chain = chain(chainFile, chainBytes);
        PrivateKey key = PrivateKeyFile.parse(new String(keyBytes, StandardCharsets.ISO_8859_1), keyFile);
        this.certificate = chain.getFirst();
        if (!matches(key, certificate)) {
            throw new CertificateFault("gateway.tls.key " + keyFile + " is not the key of the first certificate in "
                    + chainFile + " (gateway.tls.certificate); the server's own certificate must come first");
        }
        this.context = context(key, chain);
    }

    static CertificatePair read(Path chainFile, Path keyFile) throws CertificateFault {
        return new CertificatePair(
                chainFile, bytes("gateway.tls.certificate", chainFile), keyFile, bytes("gateway.tls.key", keyFile));
    }

    /** Of this pair alone, so that no session of an older one is resumed. */
    SSLContext context() {
        return context;
    }

    /** Whether the files hold something else by now. */
    boolean outdated(Path chain, Path key) throws CertificateFault {
        return !Arrays.equals(chainBytes, bytes("gateway.tls.certificate", chain))
                || !Arrays.equals(keyBytes, bytes("gateway.tls.key", key));
    }

    /** Why clients will refuse the certificate at {@code now}; null: they have no reason in its dates. */
    @Nullable
    String dateFault(Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        if (now.isAfter(end)) {
            return "the certificate in " + chainFile + " has expired at " + end + ": clients refuse it; renew it";
        }
        if (now.plus(SOON).isAfter(end)) {
            return "the certificate in " + chainFile + " expires at " + end
                    + ": renew it before; new files are taken without a restart";
        }
        Instant begin = certificate.getNotBefore().toInstant();
        return now.isBefore(begin)
                ? "the certificate in " + chainFile + " is not valid before " + begin + ": clients refuse it until then"
                : null;
    }

    private static byte[] bytes(String key, Path file) throws CertificateFault {
        try {
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new CertificateFault(key + " " + file + ": there is no such file", e);
        } catch (IOException e) {
            throw new CertificateFault(key + " " + file + " cannot be read: " + e, e);
        }
    }

    private static List<X509Certificate> chain(Path file, byte[] bytes) throws CertificateFault {
        try {
            List<X509Certificate> chain =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(bytes))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (!chain.isEmpty()) {
                return chain;
            }
        } catch (CertificateException e) {
            throw new CertificateFault(notPem(file), e);
        }
        throw new CertificateFault(notPem(file));
    }

    private static String notPem(Path file) {
        return "gateway.tls.certificate " + file + ": holds no certificate in PEM (`-----BEGIN CERTIFICATE-----`),"
                + " or a damaged one";
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

    private static SSLContext context(PrivateKey key, List<X509Certificate> chain) throws CertificateFault {
        char[] password = new char[0];
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("gateway", key, password, chain.toArray(X509Certificate[]::new));
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new CertificateFault("gateway.tls: this Java cannot use the certificate: " + e.getMessage(), e);
        }
    }
}
