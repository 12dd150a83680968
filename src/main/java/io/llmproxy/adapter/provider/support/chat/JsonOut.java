package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.gateway.scan.ByteSearch;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON piece by piece, in UTF-8; commas come by themselves, correct nesting is the caller's. What may be mebibytes of an image is
 * copied once into the bytes that grow with it, and once out of them. Reusable; one thread.
 */
public final class JsonOut {
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
    private static final int USUAL = 512;
    /** Texts up to that length are written as they are looked at: names, mostly. */
    private static final int SHORT = 24;
    /** More is not kept for what comes next. */
    private static final int MOST_KEPT = 64 * 1024;
    /** The longest array that every JVM makes. */
    private static final int MOST_ROOM = Integer.MAX_VALUE - 8;

    private byte[] out;
    private int length;

    public JsonOut() {
        this(USUAL);
    }

    /** @param room how many bytes are likely to be written */
    public JsonOut(int room) {
        out = new byte[room];
    }

    public JsonOut open() {
        separate();
        return put('{');
    }

    public JsonOut close() {
        return put('}');
    }

    public JsonOut openList() {
        separate();
        return put('[');
    }

    public JsonOut closeList() {
        return put(']');
    }

    /** A member's name; its value comes next. */
    public JsonOut name(String name) {
        separate();
        quote(name);
        return put(':');
    }

    public JsonOut text(String value) {
        separate();
        quote(value);
        return this;
    }

    public JsonOut json(JsonText value) {
        separate();
        return raw(value.text());
    }

    public JsonOut number(long value) {
        separate();
        if (value >= 0 && value < 10) {
            return put((char) ('0' + value));
        }
        return raw(Long.toString(value));
    }

    public JsonOut nothing() {
        separate();
        return raw("null");
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
        return name(name).raw(value ? "true" : "false");
    }

    public JsonOut member(String name, JsonText value) {
        return name(name).json(value);
    }

    /** Left out where it is null; a finite number. */
    public JsonOut optional(String name, @Nullable Number value) {
        if (value == null) {
            return this;
        }
        double number = value.doubleValue();
        boolean whole = number == Math.rint(number) && Math.abs(number) < 1e15;
        return name(name).raw(whole ? Long.toString(value.longValue()) : value.toString());
    }

    /** Left out where it is null. */
    public JsonOut optional(String name, @Nullable Boolean value) {
        return value == null ? this : member(name, value.booleanValue());
    }

    /** What is JSON already, or no JSON, as an event stream has it around its own. */
    public JsonOut raw(String text) {
        write(text, false);
        return this;
    }

    /** What was written before, with all that such a text may hold. */
    public JsonOut raw(byte[] written) {
        copied(written, 0, written.length);
        return this;
    }

    private void separate() {
        if (length == 0) {
            return;
        }
        byte last = out[length - 1];
        boolean within =
                last == '"' || last == '}' || last == ']' || last >= 'a' && last <= 'z' || last >= '0' && last <= '9';
        if (within) {
            put(',');
        }
    }

    private void quote(String text) {
        put('"');
        write(text, true);
        put('"');
    }

    private void write(String text, boolean quoted) {
        int plain = text.length() > SHORT ? 0 : plain(text, quoted);
        if (plain < text.length()) {
            encoded(plain == 0 ? text : text.substring(plain), quoted);
        }
    }

    private void encoded(String text, boolean quoted) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        // UTF-8 cannot have half a surrogate pair: it became a question mark
        int half = ByteSearch.questionMark(bytes, 0, bytes.length) < bytes.length ? half(text, 0) : -1;
        if (half < 0) {
            written(bytes, quoted);
        } else {
            aroundHalves(text, half, quoted);
        }
    }

    private void aroundHalves(String text, int first, boolean quoted) {
        int from = 0;
        for (int half = first; half >= 0; half = half(text, from)) {
            written(text.substring(from, half).getBytes(StandardCharsets.UTF_8), quoted);
            number(text.charAt(half));
            from = half + 1;
        }
        written(text.substring(from).getBytes(StandardCharsets.UTF_8), quoted);
    }

    /** Where half a surrogate pair stands alone, from there on; -1: nowhere. */
    private static int half(String text, int from) {
        for (int i = from; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                return i;
            }
        }
        return -1;
    }

    private void written(byte[] bytes, boolean quoted) {
        if (quoted) {
            escaped(bytes);
        } else {
            copied(bytes, 0, bytes.length);
        }
    }

    /** Looks at eight bytes at a time where nothing has to be escaped. */
    private void escaped(byte[] bytes) {
        int from = 0;
        while (true) {
            int to = ByteSearch.quoteBackslashOrControl(bytes, from, bytes.length);
            copied(bytes, from, to);
            if (to == bytes.length) {
                return;
            }
            escape((char) bytes[to]);
            from = to + 1;
        }
    }

    private void copied(byte[] bytes, int from, int to) {
        room(to - from);
        System.arraycopy(bytes, from, out, length, to - from);
        length += to - from;
    }

    /** Writes as much of the beginning as is ASCII and, where it is to be quoted, has no escape; how much that is. */
    private int plain(String text, boolean quoted) {
        int end = text.length();
        room(end);
        byte[] to = out;
        int at = length;
        int i = 0;
        while (i < end) {
            char c = text.charAt(i);
            if (c >= 0x80 || quoted && (c < ' ' || c == '"' || c == '\\')) {
                break;
            }
            to[at + i] = (byte) c;
            i++;
        }
        length = at + i;
        return i;
    }

    private void escape(char c) {
        switch (c) {
            case '"', '\\' -> put('\\').put(c);
            case '\n' -> put('\\').put('n');
            case '\r' -> put('\\').put('r');
            case '\t' -> put('\\').put('t');
            default -> number(c);
        }
    }

    /** A character by its number. */
    private void number(char c) {
        put('\\').put('u');
        for (int shift = 12; shift >= 0; shift -= 4) {
            put((char) HEX[c >> shift & 15]);
        }
    }

    /** One byte. */
    private JsonOut put(char c) {
        room(1);
        out[length++] = (byte) c;
        return this;
    }

    private void room(int more) {
        if (out.length - length < more) {
            int wanted = Math.addExact(length, more);
            out = Arrays.copyOf(out, Math.max(wanted, (int) Math.min(2L * out.length, MOST_ROOM)));
        }
    }

    /** How much is written; what comes after it can be taken back. */
    int size() {
        return length;
    }

    /** Takes back what was written since it was so much. */
    void backTo(int size) {
        length = size;
    }

    /** Copies what was written, from there on, as far as there is room for it; how much that is. */
    int copy(int from, byte[] to, int offset, int most) {
        int n = Math.min(most, length - from);
        System.arraycopy(out, from, to, offset, n);
        return n;
    }

    public boolean isEmpty() {
        return length == 0;
    }

    /** Everything written so far; the next begins anew. */
    public byte[] take() {
        byte[] bytes = Arrays.copyOf(out, length);
        length = 0;
        if (out.length > MOST_KEPT) {
            out = new byte[USUAL];
        }
        return bytes;
    }
}
