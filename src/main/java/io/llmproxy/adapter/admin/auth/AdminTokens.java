package io.llmproxy.adapter.admin.auth;

import io.llmproxy.runtime.KeySecrets;

/**
 * Tokens of administration: {@code llmpa_} and 43 base62 characters, 256 bits of a secure generator. Others are not accepted: their
 * hashes would not show how easily they are guessed.
 */
public final class AdminTokens {
    static final String PREFIX = "llmpa_";

    private AdminTokens() {}

    public static String generate() {
        return KeySecrets.generate(PREFIX);
    }

    static boolean wellFormed(String text) {
        return KeySecrets.wellFormed(PREFIX, text);
    }
}
