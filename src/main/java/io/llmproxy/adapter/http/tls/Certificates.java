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

    /** What is wrong with a listener's certificate and those after it, so that some clients will refuse them; null: nothing. */
    static @Nullable String broken(List<X509Certificate> chain, Instant now) {
        for (int i = 1; i < chain.size(); i++) {
            X509Certificate signed = chain.get(i - 1);
            X509Certificate signer = chain.get(i);
            if (!signed(signed, signer)) {
                return "certificate " + (i + 1) + " of the file (" + name(signer)
                        + ") has not signed the one before it (" + name(signed) + ")";
            }
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
