package io.llmproxy.gateway.estimate;

import java.nio.charset.StandardCharsets;

/** The text of a JSON string, or of a part of one: what is cut off in the middle is passed over. */
final class JsonText {
    private JsonText() {}

    static String decoded(byte[] raw, int from, int to) {
        String text = new String(raw, from, to - from, StandardCharsets.UTF_8);
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i++);
            if (c != '\\') {
                out.append(c);
            } else if (i < text.length()) {
                i = escape(text, i, out);
            }
        }
        return out.toString();
    }

    /** @return where to go on */
    private static int escape(String text, int at, StringBuilder out) {
        char c = text.charAt(at);
        if (c == 'u') {
            int unit = unit(text, at + 1);
            if (unit >= 0) {
                out.append((char) unit);
            }
            return at + 5;
        }
        out.append(
                switch (c) {
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    default -> c;
                });
        return at + 1;
    }

    private static int unit(String text, int from) {
        int unit = 0;
        for (int i = from; i < from + 4; i++) {
            int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                return -1;
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }
}
