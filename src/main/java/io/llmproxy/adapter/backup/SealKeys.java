package io.llmproxy.adapter.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/** The files by which backups are sealed and opened: passphrases, public keys and private ones, each in one line. */
public final class SealKeys {
    private static final String PUBLIC = "llmproxy-backup-public ";
    private static final String PRIVATE = "llmproxy-backup-private ";
    private static final int LARGEST = 8192;

    private SealKeys() {}

    /** A new key pair: the line of the private file, and that of the public one. */
    public record Pair(String privateLine, String publicLine, String id) {
        @Override
        public String toString() {
            return "Pair[" + id + "]";
        }
    }

    /** Makes a key pair. */
    public static Pair generate() {
        try {
            KeyPair pair = KeyPairGenerator.getInstance("X25519").generateKeyPair();
            String shown = PUBLIC + encode(pair.getPublic().getEncoded());
            // both halves: the public one cannot be had from the private one by the JDK
            String secret = PRIVATE + encode(pair.getPrivate().getEncoded()) + " "
                    + encode(pair.getPublic().getEncoded());
            return new Pair(secret, shown, id(pair.getPublic()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has X25519", e);
        }
    }

    /** Eight hexadecimal characters by which a key is known. */
    static String id(PublicKey key) {
        return HexFormat.of().formatHex(TableTally.sha256().digest(key.getEncoded()), 0, 4);
    }

    public static Seal.Passphrase passphrase(Path file) {
        return new Seal.Passphrase(line(file, "the passphrase"));
    }

    public static Seal.Recipient recipient(Path file) {
        return recipient(line(file, "the recipient's key"), file.toString());
    }

    /** @param where it comes from, for the error */
    public static Seal.Recipient recipient(String line, String where) {
        try {
            if (line.startsWith(PUBLIC)) {
                return new Seal.Recipient(publicKey(line.substring(PUBLIC.length())));
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // the same message: the cause quotes characters of what may be the wrong file
        }
        throw new BackupException(where + " holds no public key of llmproxyctl backup key");
    }

    public static Seal.Identity identity(Path file) {
        String line = line(file, "the private key");
        try {
            if (line.startsWith(PRIVATE)) {
                String[] halves = line.substring(PRIVATE.length()).split(" ", 2);
                if (halves.length == 2) {
                    return new Seal.Identity(
                            KeyFactory.getInstance("X25519")
                                    .generatePrivate(new PKCS8EncodedKeySpec(
                                            Base64.getDecoder().decode(halves[0]))),
                            publicKey(halves[1]));
                }
            }
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // as above
        }
        throw new BackupException(file + " holds no private key of llmproxyctl backup key");
    }

    private static PublicKey publicKey(String text) throws GeneralSecurityException {
        return KeyFactory.getInstance("X25519")
                .generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(text)));
    }

    private static String line(Path file, String what) {
        try (var in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(LARGEST), StandardCharsets.UTF_8).strip();
            if (text.isEmpty()) {
                throw new BackupException(what + ": " + file + " is empty");
            }
            return text;
        } catch (IOException e) {
            throw new BackupException(what + " cannot be read from " + file + ": " + e, e);
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
