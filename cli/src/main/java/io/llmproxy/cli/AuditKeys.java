package io.llmproxy.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The keys that sign the audit log: Ed25519, X.509 in base64, known by the beginning of their SHA-256. */
final class AuditKeys {
    private static final int ID_BYTES = 16;
    private static final String ID = "[0-9a-f]{32}";

    private AuditKeys() {}

    /** The ids of keys given as ids, as keys or as files of keys. */
    static Set<String> ids(List<String> given) {
        Set<String> ids = new TreeSet<>();
        for (String one : given) {
            ids.add(one.matches(ID) ? one : id(keyOf(one)));
        }
        return ids;
    }

    private static String keyOf(String given) {
        try {
            Path file = Path.of(given);
            if (Files.isRegularFile(file)) {
                return Files.readString(file, StandardCharsets.UTF_8).strip();
            }
        } catch (IOException | RuntimeException e) {
            // no file, then
        }
        return given;
    }

    private static String id(String publicKey) {
        try {
            return idOf(publicKey);
        } catch (IllegalArgumentException e) {
            throw CliException.usage("--key: neither a file nor a public key nor its id");
        }
    }

    /** @throws IllegalArgumentException where it is no base64 */
    static String idOf(String publicKey) {
        return HexFormat.of().formatHex(sha256(decoded(publicKey)), 0, ID_BYTES);
    }

    /** One text for the same bytes: the decoder also takes paddings and idle bits that nobody wrote. */
    private static byte[] decoded(String text) {
        byte[] bytes = Base64.getDecoder().decode(text);
        if (!Base64.getEncoder().encodeToString(bytes).equals(text)) {
            throw new IllegalArgumentException("base64 that nobody writes so");
        }
        return bytes;
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Whether that key made that signature of the text. */
    static boolean signed(String text, String signature, String publicKey) {
        try {
            Signature check = Signature.getInstance("Ed25519");
            check.initVerify(
                    KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(decoded(publicKey))));
            check.update(text.getBytes(StandardCharsets.UTF_8));
            return check.verify(decoded(signature));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }
}
