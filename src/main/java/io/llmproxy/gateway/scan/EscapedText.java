package io.llmproxy.gateway.scan;

import java.nio.charset.StandardCharsets;

/** The text of a JSON string as it reads without its escapes; also of a part of one, and of what is none. */
public final class EscapedText {
    private static final int DIGITS = 4;

    private EscapedText() {}

    /** An escape that is none, or is cut off, stays. */
    public static String plain(String spelled) {
        return plain(spelled, true);
    }

    /** Of a part in UTF-8; an escape that is cut off is passed over. */
    public static String whole(byte[] raw, int from, int to) {
        return plain(new String(raw, from, to - from, StandardCharsets.UTF_8), false);
    }

    private static String plain(String spelled, boolean keeps) {
        int at = spelled.indexOf('\\');
        if (at < 0) {
            return spelled;
        }
        StringBuilder out = new StringBuilder(spelled.length()).append(spelled, 0, at);
        while (at < spelled.length()) {
            char c = spelled.charAt(at);
            if (c != '\\') {
                out.append(c);
                at++;
            } else if (at + 1 == spelled.length()) {
                out.append(keeps ? "\\" : "");
                at++;
            } else {
                at = escape(spelled, at, keeps, out);
            }
        }
        return out.toString();
    }

    /** @return where to go on */
    private static int escape(String text, int at, boolean keeps, StringBuilder out) {
        char kind = text.charAt(at + 1);
        int unit = kind == 'u' ? unit(text, at + 2) : -1;
        if (unit >= 0) {
            out.append((char) unit);
        } else if (kind != 'u' || keeps) {
            out.append(meant(kind));
        }
        return kind == 'u' && (unit >= 0 || !keeps) ? Math.min(text.length(), at + 2 + DIGITS) : at + 2;
    }

    private static int unit(String text, int from) {
        int unit = 0;
        for (int i = from; i < from + DIGITS; i++) {
            int digit = i < text.length() ? Character.digit(text.charAt(i), 16) : -1;
            if (digit < 0) {
                return -1;
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }

    private static char meant(char kind) {
        return switch (kind) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            default -> kind;
        };
    }
}
