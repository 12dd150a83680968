package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.gateway.scan.ByteSearch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON piece by piece, as the UTF-8 that it becomes; commas come by themselves, correct nesting is the caller's. Reusable;
 * one thread.
 */
public final class JsonOut {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int FIRST_ROOM = 512;
    /** More is not kept for what comes next. */
    private static final int MOST_KEPT = 64 * 1024;
    /** Texts up to that length are written as they are looked at: names, mostly. */
    private static final int SHORT = 24;
    /** What one character becomes at most. */
    private static final int LONGEST = 6;
    /** The longest array that every JVM makes. */
    private static final int MOST_ROOM = Integer.MAX_VALUE - 8;

    private byte[] out = new byte[FIRST_ROOM];
    private int length;

    public JsonOut open() {
        separate();
        append('{');
        return this;
    }

    public JsonOut close() {
        append('}');
        return this;
    }

    public JsonOut openList() {
        separate();
        append('[');
        return this;
    }

    public JsonOut closeList() {
        append(']');
        return this;
    }

    /** A member's name; its value comes next. */
    public JsonOut name(String name) {
        separate();
        quote(name);
        append(':');
        return this;
    }

    public JsonOut text(String value) {
        separate();
        quote(value);
        return this;
    }

    public JsonOut json(JsonText value) {
        separate();
        append(value.text());
        return this;
    }

    public JsonOut number(long value) {
        separate();
        append(Long.toString(value));
        return this;
    }

    public JsonOut nothing() {
        separate();
        append("null");
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
        append(Boolean.toString(value));
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
            append(whole ? Long.toString(value.longValue()) : value.toString());
        }
        return this;
    }

    /** Left out where it is null. */
    public JsonOut optional(String name, @Nullable Boolean value) {
        return value == null ? this : member(name, value.booleanValue());
    }

    /** Bytes that are no JSON, as an event stream has them around it. */
    public JsonOut raw(String text) {
        append(text);
        return this;
    }

    private void separate() {
        if (length == 0) {
            return;
        }
        byte last = out[length - 1];
        boolean within = last == '"' || last == '}' || last == ']' || last >= 'a' && last <= 'z' || isDigit(last);
        if (within) {
            append(',');
        }
    }

    private static boolean isDigit(byte b) {
        return b >= '0' && b <= '9';
    }

    private void append(char ascii) {
        room(1);
        out[length++] = (byte) ascii;
    }

    private void append(String text) {
        if (text.length() > SHORT || !plain(text)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            append(bytes, 0, bytes.length);
        }
    }

    private void append(byte[] bytes, int from, int to) {
        room(to - from);
        System.arraycopy(bytes, from, out, length, to - from);
        length += to - from;
    }

    private void room(int more) {
        if (out.length - length < more) {
            out = Arrays.copyOf(out, Math.max(Math.addExact(length, more), (int) Math.min(2L * out.length, MOST_ROOM)));
        }
    }

    /** Whether it is ASCII all through; then it is written. What {@link #quote} escapes is not taken for that. */
    private boolean plain(String text) {
        room(text.length());
        int at = length;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                return false;
            }
            out[at++] = (byte) c;
        }
        length = at;
        return true;
    }

    private void quote(String text) {
        append('"');
        if (text.length() > SHORT || !plain(text)) {
            escaped(text);
        }
        append('"');
    }

    private void escaped(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        // half a surrogate pair, which UTF-8 cannot have, has become a question mark
        if (ByteSearch.questionMark(bytes, 0, bytes.length) < bytes.length && unpaired(text)) {
            eachEscaped(text);
            return;
        }
        int from = 0;
        while (true) {
            int to = ByteSearch.quoteBackslashOrControl(bytes, from, bytes.length);
            append(bytes, from, to);
            if (to == bytes.length) {
                return;
            }
            escape((char) bytes[to]);
            from = to + 1;
        }
    }

    private static boolean unpaired(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i)) && !paired(text, i)) {
                return true;
            }
        }
        return false;
    }

    private void eachEscaped(String text) {
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\' || c < ' ' || Character.isSurrogate(c) && !paired(text, i)) {
                append(text.substring(from, i));
                escape(c);
                from = i + 1;
            }
        }
        append(text.substring(from));
    }

    private void escape(char c) {
        room(LONGEST);
        out[length++] = '\\';
        switch (c) {
            case '"', '\\' -> out[length++] = (byte) c;
            case '\n' -> out[length++] = 'n';
            case '\r' -> out[length++] = 'r';
            case '\t' -> out[length++] = 't';
            default -> {
                out[length++] = 'u';
                out[length++] = HEX[c >> 12];
                out[length++] = HEX[c >> 8 & 15];
                out[length++] = HEX[c >> 4 & 15];
                out[length++] = HEX[c & 15];
            }
        }
    }

    private static boolean paired(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }

    /** How many bytes are written; what comes after them can be taken back. */
    int mark() {
        return length;
    }

    /** Takes back what was written since. */
    void backTo(int mark) {
        length = mark;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    /** Everything written so far; the next begins anew. */
    public byte[] take() {
        byte[] bytes = Arrays.copyOf(out, length);
        length = 0;
        if (out.length > MOST_KEPT) {
            out = new byte[FIRST_ROOM];
        }
        return bytes;
    }
}
