package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.JsonText;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes JSON piece by piece; commas come by themselves, correct nesting is the caller's. Reusable; one thread. */
public final class JsonOut {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private final StringBuilder out = new StringBuilder(256);

    public JsonOut open() {
        separate();
        out.append('{');
        return this;
    }

    public JsonOut close() {
        out.append('}');
        return this;
    }

    public JsonOut openList() {
        separate();
        out.append('[');
        return this;
    }

    public JsonOut closeList() {
        out.append(']');
        return this;
    }

    /** A member's name; its value comes next. */
    public JsonOut name(String name) {
        separate();
        quote(name);
        out.append(':');
        return this;
    }

    public JsonOut text(String value) {
        separate();
        quote(value);
        return this;
    }

    public JsonOut json(JsonText value) {
        separate();
        out.append(value.text());
        return this;
    }

    public JsonOut number(long value) {
        separate();
        out.append(value);
        return this;
    }

    public JsonOut nothing() {
        separate();
        out.append("null");
        return this;
    }

    public JsonOut member(String name, String value) {
        return name(name).text(value);
    }

    /** Left out where it is null. */
    public JsonOut optional(String name, @Nullable String value) {
        return value == null ? this : member(name, value);
    }

    public JsonOut member(String name, long value) {
        return name(name).number(value);
    }

    public JsonOut member(String name, boolean value) {
        name(name);
        out.append(value);
        return this;
    }

    public JsonOut member(String name, JsonText value) {
        return name(name).json(value);
    }

    /** Left out where it is null; a finite number. */
    public JsonOut optional(String name, @Nullable Number value) {
        if (value != null) {
            name(name);
            double number = value.doubleValue();
            boolean whole = number == Math.rint(number) && Math.abs(number) < 1e15;
            out.append(whole ? Long.toString(value.longValue()) : value.toString());
        }
        return this;
    }

    /** Left out where it is null. */
    public JsonOut optional(String name, @Nullable Boolean value) {
        return value == null ? this : member(name, value.booleanValue());
    }

    /** Bytes that are no JSON, as an event stream has them around it. */
    public JsonOut raw(String text) {
        out.append(text);
        return this;
    }

    private void separate() {
        if (out.isEmpty()) {
            return;
        }
        char last = out.charAt(out.length() - 1);
        boolean within = last == '"' || last == '}' || last == ']' || last >= 'a' && last <= 'z' || isDigit(last);
        if (within) {
            out.append(',');
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private void quote(String text) {
        out.append('"');
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\' || c < ' ' || Character.isSurrogate(c) && !paired(text, i)) {
                out.append(text, from, i);
                escape(c);
                from = i + 1;
            }
        }
        out.append(text, from, text.length()).append('"');
    }

    private void escape(char c) {
        switch (c) {
            case '"', '\\' -> out.append('\\').append(c);
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            default ->
                out.append("\\u")
                        .append(HEX[c >> 12])
                        .append(HEX[c >> 8 & 15])
                        .append(HEX[c >> 4 & 15])
                        .append(HEX[c & 15]);
        }
    }

    private static boolean paired(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }

    /** How much is written; what comes after it can be taken back. */
    int mark() {
        return out.length();
    }

    /** Takes back what was written since. */
    void backTo(int mark) {
        out.setLength(mark);
    }

    public boolean isEmpty() {
        return out.isEmpty();
    }

    /** Everything written so far, in UTF-8; the next begins anew. */
    public byte[] take() {
        byte[] bytes = out.toString().getBytes(StandardCharsets.UTF_8);
        out.setLength(0);
        return bytes;
    }
}
