package io.llmproxy.adapter.backup;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.crypto.KDF;
import javax.crypto.KeyAgreement;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.HKDFParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * By what a backup is sealed or opened. Each file has a key of its own, made of a random salt and a passphrase (PBKDF2-HMAC-SHA512), or of
 * a random key pair and the recipient's public key (X25519 and HKDF-SHA256), so that who writes backups need not be able to read them.
 */
public sealed interface Seal {
    /** Opens and seals. */
    record Passphrase(String text) implements Seal {
        public static final int SHORTEST = 12;

        public Passphrase {
            if (text.length() < SHORTEST) {
                throw new BackupException("the passphrase has fewer than " + SHORTEST + " characters");
            }
        }

        @Override
        public String toString() {
            return "Passphrase[***]";
        }
    }

    /** Seals. */
    record Recipient(PublicKey key) implements Seal {}

    /** Opens. */
    record Identity(PrivateKey key, PublicKey recipient) implements Seal {
        @Override
        public String toString() {
            return "Identity[***]";
        }
    }

    /** A key, and what the file's head says of it. */
    record Keyed(SecretKeySpec key, Map<String, Object> head) {
        @Override
        public String toString() {
            return "Keyed[***]";
        }
    }

    /** Half a second of one processor. */
    int ITERATIONS = 600_000;

    /** What a head may ask for: the time of whoever opens the file is at stake. */
    int MOST_ITERATIONS = 10_000_000;

    /** A key for a new file. */
    default Keyed fresh(SecureRandom random) {
        byte[] salt = new byte[32];
        random.nextBytes(salt);
        Map<String, Object> head = new LinkedHashMap<>();
        try {
            return switch (this) {
                case Passphrase p -> {
                    head.put("kdf", "pbkdf2-hmac-sha512");
                    head.put("iterations", ITERATIONS);
                    head.put("salt", text(salt));
                    yield new Keyed(stretched(p, salt, ITERATIONS), head);
                }
                case Recipient r -> {
                    KeyPair once = KeyPairGenerator.getInstance("X25519").generateKeyPair();
                    head.put("kdf", "x25519-hkdf-sha256");
                    head.put("recipient", SealKeys.id(r.key()));
                    head.put("ephemeral", text(once.getPublic().getEncoded()));
                    head.put("salt", text(salt));
                    yield new Keyed(agreed(once.getPrivate(), r.key(), once.getPublic(), r.key(), salt), head);
                }
                case Identity i -> new Recipient(i.recipient()).fresh(random);
            };
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has PBKDF2, X25519 and HKDF", e);
        }
    }

    /**
     * The key of a file.
     *
     * @throws BackupException where this is not what it was sealed by
     */
    static SecretKeySpec of(@Nullable Seal seal, Map<String, String> head) {
        String kdf = head.getOrDefault("kdf", "");
        try {
            byte[] salt = bytes(head.get("salt"));
            return switch (kdf) {
                case "pbkdf2-hmac-sha512" -> {
                    int iterations = Integer.parseInt(head.getOrDefault("iterations", ""));
                    if (iterations < 1 || iterations > MOST_ITERATIONS) {
                        throw damaged();
                    }
                    if (seal instanceof Passphrase p) {
                        yield stretched(p, salt, iterations);
                    }
                    throw new BackupException(
                            "the backup is sealed under a passphrase; give it with --passphrase-file");
                }
                case "x25519-hkdf-sha256" -> {
                    if (!(seal instanceof Identity i)) {
                        throw new BackupException("the backup is sealed for the key "
                                + head.getOrDefault("recipient", "") + "; give its private half with --key-file");
                    }
                    String id = SealKeys.id(i.recipient());
                    if (!id.equals(head.get("recipient"))) {
                        throw new BackupException("the backup is sealed for another key than " + id);
                    }
                    PublicKey once = KeyFactory.getInstance("X25519")
                            .generatePublic(new X509EncodedKeySpec(bytes(head.get("ephemeral"))));
                    yield agreed(i.key(), once, once, i.recipient(), salt);
                }
                default -> throw new BackupException("the backup is sealed in a way that this program does not know");
            };
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw damaged();
        }
    }

    private static BackupException damaged() {
        return new BackupException("the head of the sealed backup is damaged");
    }

    private static SecretKeySpec stretched(Passphrase passphrase, byte[] salt, int iterations)
            throws GeneralSecurityException {
        PBEKeySpec spec = new PBEKeySpec(passphrase.text().toCharArray(), salt, iterations, 256);
        try {
            byte[] key = SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(spec)
                    .getEncoded();
            return new SecretKeySpec(key, "AES");
        } finally {
            spec.clearPassword();
        }
    }

    private static SecretKeySpec agreed(
            PrivateKey own, PublicKey other, PublicKey once, PublicKey recipient, byte[] salt)
            throws GeneralSecurityException {
        KeyAgreement agreement = KeyAgreement.getInstance("X25519");
        agreement.init(own);
        agreement.doPhase(other, true);
        byte[] context = ("llmproxy backup|" + text(once.getEncoded()) + "|" + text(recipient.getEncoded()))
                .getBytes(StandardCharsets.US_ASCII);
        try {
            byte[] key = KDF.getInstance("HKDF-SHA256")
                    .deriveData(HKDFParameterSpec.ofExtract()
                            .addIKM(agreement.generateSecret())
                            .addSalt(salt)
                            .thenExpand(context, 32));
            return new SecretKeySpec(key, "AES");
        } catch (InvalidAlgorithmParameterException e) {
            throw new IllegalStateException("HKDF takes these", e);
        }
    }

    private static String text(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    private static byte[] bytes(@Nullable String text) {
        if (text == null) {
            throw damaged();
        }
        return Base64.getDecoder().decode(text);
    }
}
