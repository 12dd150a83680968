package io.llmproxy.adapter.http.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Reads a private key out of PEM (RFC 7468): PKCS#8, encrypted or not, and the older forms of RSA and elliptic curves, not
 * encrypted. Quotes nothing of it.
 */
final class PrivateKeyFile {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----([^-]*)-----END \\1-----");
    private static final Pattern CURVE =
            Pattern.compile("-----BEGIN EC PARAMETERS-----([^-]*)-----END EC PARAMETERS-----");
    /** In an older form the first lines say so. */
    private static final String OLD_ENCRYPTION = "Proc-Type: 4,ENCRYPTED";

    private static final String[] ALGORITHMS = {"RSA", "EC", "EdDSA"};

    private final TlsSettings settings;

    private PrivateKeyFile(TlsSettings settings) {
        this.settings = settings;
    }

    static PrivateKey parse(TlsSettings settings, TlsFiles files) throws CertificateFault {
        return new PrivateKeyFile(settings).parse(files.key(), files.password());
    }

    private PrivateKey parse(String pem, char @Nullable [] password) throws CertificateFault {
        Matcher block = BLOCK.matcher(pem);
        if (!block.find()) {
            // the older way to encrypt has hyphens within
            throw fault(
                    pem.contains(OLD_ENCRYPTION)
                            ? encryptedTheOldWay()
                            : "holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)",
                    null);
        }
        try {
            String type = block.group(1);
            byte[] der = Base64.getMimeDecoder().decode(block.group(2));
            return switch (type) {
                case "PRIVATE KEY" -> key(new PKCS8EncodedKeySpec(der));
                case "RSA PRIVATE KEY" -> key(new PKCS8EncodedKeySpec(OldKeyForms.rsa(der)));
                case "EC PRIVATE KEY" -> key(new PKCS8EncodedKeySpec(OldKeyForms.ec(der, curve(pem))));
                case "ENCRYPTED PRIVATE KEY" -> key(decrypted(der, password));
                default -> throw fault("`BEGIN " + type + "` is no form of a key that is known here", null);
            };
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw fault("is no RSA, EC or Ed25519 key, or is damaged", e);
        }
    }

    private static byte @Nullable [] curve(String pem) {
        Matcher block = CURVE.matcher(pem);
        return block.find() ? Base64.getMimeDecoder().decode(block.group(1)) : null;
    }

    private PKCS8EncodedKeySpec decrypted(byte[] der, char @Nullable [] password) throws CertificateFault {
        if (password == null) {
            throw fault(
                    "the key is encrypted, and nobody is there to type its password; name a file with it in "
                            + settings.named("key-password-file") + ", or write the key without: openssl pkcs8 -in "
                            + settings.key() + " -out NEW.key",
                    null);
        }
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(der);
            // of PBES2 the parameters know which of its ways it is
            String way = info.getAlgParameters() == null
                    ? info.getAlgName()
                    : info.getAlgParameters().toString();
            String algorithm = way.startsWith("PBE") ? way : info.getAlgName();
            Key secret = SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password));
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(Cipher.DECRYPT_MODE, secret, info.getAlgParameters());
            return info.getKeySpec(cipher);
        } catch (InvalidKeySpecException | java.security.InvalidKeyException e) {
            throw fault("the password in " + settings.keyPassword() + " does not open it", e);
        } catch (IOException | GeneralSecurityException e) {
            throw fault(
                    "is encrypted in a way that this Java does not know, or is damaged; write it anew:"
                            + " openssl pkcs8 -topk8 -v2 aes-256-cbc -in " + settings.key() + " -out NEW.key",
                    e);
        }
    }

    private String encryptedTheOldWay() {
        return "the key is encrypted the old way; write it in the new one: openssl pkcs8 -topk8 -v2 aes-256-cbc -in "
                + settings.key() + " -out NEW.key";
    }

    private CertificateFault fault(String what, @Nullable Exception cause) {
        return new CertificateFault(settings.named("key") + " " + settings.key() + ": " + what, cause);
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
