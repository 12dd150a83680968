package io.llmproxy.adapter.provider.openai;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.regex.Pattern;

/** Ids of calls for a provider that takes nine letters and digits (Mistral): the same for the same id, so that call and result agree. */
final class ShortIds {
    private static final int LENGTH = 9;
    private static final Pattern SHORT = Pattern.compile("[A-Za-z0-9]{" + LENGTH + "}");
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private ShortIds() {}

    static String of(String id) {
        if (SHORT.matcher(id).matches()) {
            return id;
        }
        byte[] hash = sha256(id);
        StringBuilder out = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            out.append(DIGITS.charAt((hash[i] & 255) % DIGITS.length()));
        }
        return out.toString();
    }

    private static byte[] sha256(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
