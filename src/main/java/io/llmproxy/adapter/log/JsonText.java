package io.llmproxy.adapter.log;

import org.jspecify.annotations.Nullable;

/** Writes the fields of one flat JSON object; control characters, line separators and half pairs are escaped. */
final class JsonText {
    private static final char[] HEX = "0123456789abcdef".toCharArray();
    private final StringBuilder out;
    private boolean first = true;

    JsonText(StringBuilder out) {
        this.out = out;
        out.append('{');
    }

    /** Left out where it is null. */
    JsonText text(String name, @Nullable String value) {
        if (value != null) {
            name(name).append('"');
            for (int i = 0; i < value.length(); i++) {
                character(value, i);
            }
            out.append('"');
        }
        return this;
    }

    JsonText number(String name, long value) {
        name(name).append(value);
        return this;
    }

    /** A decimal with at most three places. */
    JsonText millis(String name, long micros) {
        name(name);
        appendMillis(out, micros);
        return this;
    }

    static void appendMillis(StringBuilder out, long micros) {
        out.append(micros / 1000);
        long rest = micros % 1000;
        if (rest != 0) {
            out.append('.').append(rest / 100);
            if (rest % 100 != 0) {
                out.append(rest / 10 % 10);
                if (rest % 10 != 0) {
                    out.append(rest % 10);
                }
            }
        }
    }

    /** An object within. */
    JsonText begin(String name) {
        name(name).append('{');
        first = true;
        return this;
    }

    JsonText end() {
        out.append('}');
        first = false;
        return this;
    }

    private StringBuilder name(String name) {
        if (!first) {
            out.append(',');
        }
        first = false;
        return out.append('"').append(name).append("\":");
    }

    private void character(String value, int i) {
        char c = value.charAt(i);
        switch (c) {
            case '"' -> out.append("\\\"");
            case '\\' -> out.append("\\\\");
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default -> {
                if (Character.isISOControl(c) || steers(c) || loneSurrogate(value, i)) {
                    escape(c, out);
                } else {
                    out.append(c);
                }
            }
        }
    }

    static void escape(char c, StringBuilder out) {
        out.append("\\u")
                .append(HEX[c >> 12])
                .append(HEX[c >> 8 & 15])
                .append(HEX[c >> 4 & 15])
                .append(HEX[c & 15]);
    }

    /** What turns a terminal's line around or breaks it: bidirectional controls and the Unicode separators. */
    static boolean steers(char c) {
        return c >= '\u2028' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069';
    }

    /** Half a pair cannot be written as UTF-8. */
    static boolean loneSurrogate(String value, int i) {
        char c = value.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(value.charAt(i - 1)));
    }
}
