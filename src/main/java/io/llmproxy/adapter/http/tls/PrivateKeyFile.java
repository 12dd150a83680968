package io.llmproxy.adapter.http.tls;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a private key in PKCS#8 (RFC 5958), the one form that the JDK takes, out of PEM (RFC 7468). Quotes nothing of it. */
final class PrivateKeyFile {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([^-]*)-----END \\1-----");
    private static final String[] ALGORITHMS = {"RSA", "EC", "EdDSA"};

    private PrivateKeyFile() {}

    static PrivateKey parse(String pem, Path file) throws CertificateFault {
        Matcher block = BLOCK.matcher(pem);
        if (!block.find()) {
            throw new CertificateFault(
                    "gateway.tls.key " + file + ": holds no private key in PEM" + " (`-----BEGIN PRIVATE KEY-----`)");
        }
        return switch (block.group(1)) {
            case "PRIVATE KEY" -> decoded(block.group(2), file);
            case "ENCRYPTED PRIVATE KEY" ->
                throw new CertificateFault("gateway.tls.key " + file + ": the key is encrypted, and nobody is there to"
                        + " type its password; write it without: openssl pkcs8 -in " + file + " -out NEW.key");
            default ->
                throw new CertificateFault("gateway.tls.key " + file + ": `BEGIN " + block.group(1)
                        + "` is the old form of a key; write it in the new one: openssl pkcs8 -topk8 -nocrypt -in "
                        + file
                        + " -out NEW.key");
        };
    }

    private static PrivateKey decoded(String base64, Path file) throws CertificateFault {
        try {
            return key(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64)));
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw new CertificateFault(
                    "gateway.tls.key " + file + ": is no RSA, EC or Ed25519 key in PKCS#8, or is damaged", e);
        }
    }

    /** The algorithm stands inside, where only a factory of that algorithm looks. */
    private static PrivateKey key(PKCS8EncodedKeySpec spec) throws GeneralSecurityException {
        InvalidKeySpecException refused = new InvalidKeySpecException("no known algorithm");
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                refused.addSuppressed(e);
            }
        }
        throw refused;
    }
}
