package io.llmproxy.runtime;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyHash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;

/** Makes and hashes the secrets of gateway keys: {@code llmp_} and 43 base62 characters, 256 bits of a secure generator. */
public final class KeySecrets {
    public static final String PREFIX = "llmp_";
    private static final int CHARACTERS = 43;
    public static final int LENGTH = PREFIX.length() + CHARACTERS;
    private static final String ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    // never fed itself, therefore copied by any thread
    private static final MessageDigest SHA256 = newSha256();
    private static final SecureRandom RANDOM = new SecureRandom();

    private KeySecrets() {}

    public static String generate() {
        return generate(PREFIX);
    }

    /** A secret of another kind, of the same strength. */
    public static String generate(String prefix) {
        int length = prefix.length() + CHARACTERS;
        StringBuilder out = new StringBuilder(length).append(prefix);
        while (out.length() < length) {
            out.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
        }
        return out.toString();
    }

    /** Whether the text has the form of a secret; what has not need not be hashed or looked up. */
    public static boolean wellFormed(String text) {
        return wellFormed(PREFIX, text);
    }

    /** The same of a secret of another kind. */
    public static boolean wellFormed(String prefix, String text) {
        if (text.length() != prefix.length() + CHARACTERS || !text.startsWith(prefix)) {
            return false;
        }
        for (int i = prefix.length(); i < text.length(); i++) {
            char c = text.charAt(i);
            if (!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z')) {
                return false;
            }
        }
        return true;
    }

    public static KeyHash hash(String secret) {
        return KeyHash.of(sha256().digest(secret.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** A copy of one: looking the algorithm up takes longer than the hash. */
    private static MessageDigest sha256() {
        try {
            return (MessageDigest) SHA256.clone();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the platform's SHA-256 cannot be copied", e);
        }
    }

    private static MessageDigest newSha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** What of a secret may be shown. */
    public static String displayed(String secret) {
        return secret.substring(0, ApiKey.PREFIX_LENGTH);
    }
}
