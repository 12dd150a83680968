package io.llmproxy.adapter.http.tls;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.CertificateName;
import io.llmproxy.domain.identity.CertificateName.Kind;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** The names of a certificate. */
public final class ClientNames {
    // GeneralName of RFC 5280, section 4.2.1.6
    private static final int EMAIL = 1;
    private static final int DNS = 2;
    private static final int URI = 6;
    private static final int IP = 7;

    private ClientNames() {}

    /** All by which a key may know it, the fingerprint first. */
    public static List<CertificateName> of(X509Certificate certificate) {
        List<CertificateName> names = new ArrayList<>();
        names.add(fingerprint(certificate));
        for (String text : alternatives(certificate)) {
            try {
                names.add(CertificateName.parse("", text));
            } catch (InvalidValueException e) {
                // an address, or what no key could name
            }
        }
        names.add(new CertificateName(
                Kind.SUBJECT, certificate.getSubjectX500Principal().getName(X500Principal.CANONICAL)));
        return names;
    }

    static CertificateName fingerprint(X509Certificate certificate) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded());
            return new CertificateName(Kind.FINGERPRINT, HexFormat.of().formatHex(digest));
        } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was read has no encoding", e);
        }
    }

    /** As {@code dns:app.example.com}, addresses as {@code ip:}; those of other kinds are left out. */
    static List<String> alternatives(X509Certificate certificate) {
        List<String> names = new ArrayList<>();
        for (List<?> name : general(certificate)) {
            String word = word((Integer) name.get(0));
            if (word != null) {
                names.add(word + ":" + name.get(1));
            }
        }
        return names;
    }

    private static @Nullable String word(int kind) {
        return switch (kind) {
            case EMAIL -> "email";
            case DNS -> "dns";
            case URI -> "uri";
            case IP -> "ip";
            default -> null;
        };
    }

    private static Collection<List<?>> general(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null ? List.of() : names;
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }
}
