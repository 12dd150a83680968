package io.llmproxy.adapter.http.tls;

import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Certificates out of PEM (RFC 7468), and what can be said of a row of them. */
final class Certificates {
    private Certificates() {}

    /**
     * At least one.
     *
     * @param what the key of the configuration and the file
     */
    static List<X509Certificate> parse(String what, byte[] pem) throws CertificateFault {
        try {
            List<X509Certificate> found =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)).stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (!found.isEmpty()) {
                return found;
            }
        } catch (CertificateException e) {
            throw new CertificateFault(what + notPem(), e);
        }
        throw new CertificateFault(what + notPem());
    }

    private static String notPem() {
        return ": holds no certificate in PEM (`-----BEGIN CERTIFICATE-----`), or a damaged one";
    }

    /** Where a certificate has not signed the one before it, so that the row is no chain; null: nowhere. */
    static @Nullable String gap(List<X509Certificate> chain) {
        for (int i = 1; i < chain.size(); i++) {
            if (!signed(chain.get(i - 1), chain.get(i))) {
                return "certificate " + (i + 1) + " of the file (" + name(chain.get(i))
                        + ") has not signed the one before it (" + name(chain.get(i - 1))
                        + "); the listener's own comes first, then the one that signed it, and so on";
            }
        }
        return null;
    }

    /** What is wrong with a chain, so that some clients will refuse it; null: nothing. */
    static @Nullable String broken(List<X509Certificate> chain, Instant now) {
        for (int i = 1; i < chain.size(); i++) {
            X509Certificate signer = chain.get(i);
            if (now.isAfter(signer.getNotAfter().toInstant())) {
                return "certificate " + (i + 1) + " of the file (" + name(signer) + ") has expired";
            }
        }
        return chain.size() == 1 && !selfSigned(chain.getFirst())
                ? "the file does not hold the certificate that signed it ("
                        + chain.getFirst().getIssuerX500Principal()
                        + "): clients may not find a way to an authority; put the intermediate ones after it"
                : null;
    }

    static boolean selfSigned(X509Certificate certificate) {
        return certificate.getIssuerX500Principal().equals(certificate.getSubjectX500Principal())
                && signed(certificate, certificate);
    }

    private static boolean signed(X509Certificate certificate, X509Certificate signer) {
        try {
            certificate.verify(signer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    static String name(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().toString();
    }
}
