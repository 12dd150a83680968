package io.llmproxy.adapter.jdbc;

import org.jspecify.annotations.Nullable;

/** Makes texts that strangers chose fit to store: one that a database refuses would hold up the ledger behind it. */
final class Texts {
    static final int LONG = 512;

    private Texts() {}

    static @Nullable String cleanOrNull(@Nullable String text, int max) {
        return text == null ? null : clean(text, max);
    }

    /** Cut to {@code max} characters; NUL and lone surrogates, which PostgreSQL's UTF-8 has no place for, become U+FFFD. */
    static String clean(String text, int max) {
        int end = Math.min(text.length(), max);
        int i = 0;
        while (i < end && fit(text, i, end)) {
            i++;
        }
        return i == end ? text.substring(0, end) : replaced(text, end);
    }

    private static String replaced(String text, int end) {
        StringBuilder out = new StringBuilder(end);
        for (int i = 0; i < end; i++) {
            out.append(fit(text, i, end) ? text.charAt(i) : '\uFFFD');
        }
        return out.toString();
    }

    private static boolean fit(String text, int i, int end) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 < end && Character.isLowSurrogate(text.charAt(i + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
        }
        return c != 0;
    }
}
