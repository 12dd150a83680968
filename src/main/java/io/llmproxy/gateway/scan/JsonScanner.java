package io.llmproxy.gateway.scan;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON by the letter of RFC 8259 and RFC 3629, one token at a time, over bytes that stay where they are. It allocates
 * nothing per token, does not recurse, and takes at most {@value #MAX_DEPTH} levels, so no input makes it fail otherwise than by
 * {@link MalformedException}. Lone surrogates written as escapes are taken, as the RFC's grammar does.
 *
 * <p>What is too large for memory goes by in a window. Of the token at hand the window keeps the bytes when it moves on, unless
 * they are more than {@value #MAX_TEXT}: then the token is checked and measured as any other, but not {@link #kept}.
 */
public final class JsonScanner {
    public static final int MAX_DEPTH = 1000;
    /** The longest name or string that is kept, in bytes with its quotation marks and escapes. */
    public static final int MAX_TEXT = 8 * 1024;

    private static final int WINDOW = 64 * 1024;
    /** Of a character, as an escape. */
    private static final int MOST_BYTES = 6;
    /** The bit that tells a letter of ASCII from the same in the other case. */
    private static final int CASE = 0x20;

    /** What was read; a NAME has its colon behind it. END comes once, after the one value and nothing else. */
    public enum Token {
        OBJECT_START,
        OBJECT_END,
        ARRAY_START,
        ARRAY_END,
        NAME,
        STRING,
        NUMBER,
        TRUE,
        FALSE,
        NULL,
        END
    }

    private enum Expected {
        VALUE,
        VALUE_OR_END,
        NAME,
        NAME_OR_END,
        COMMA_OR_END,
        NOTHING
    }

    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    private final byte[] in;
    private final @Nullable InputStream source;
    // one bit for each level: whether it is an object; 64 levels are more than nearly all documents have
    private long[] objects = new long[1];
    // indices of the window: the next byte, the end, and the first byte of the token, negative where that is gone
    private int at;
    private int to;
    private int token;
    // offsets in the whole input; base is that of index 0, as seen from at
    private int base;
    private int start;
    private int end;
    private int depth;
    private boolean escaped;
    private boolean beyondAscii;
    private Expected expected = Expected.VALUE;
    private @Nullable SignedIds ids;

    public JsonScanner(byte[] in, int from, int to) {
        this.in = in;
        this.source = null;
        this.at = from;
        this.to = to;
    }

    /** Reads a stream of less than 2 GiB, whose failure comes as an {@link UncheckedIOException}. */
    public JsonScanner(InputStream source) {
        this.in = new byte[WINDOW];
        this.source = source;
    }

    /** From now on they are told of each text, names apart, that may be one. */
    void tell(SignedIds watching) {
        ids = watching;
    }

    /** @throws MalformedException where the input is no JSON */
    public Token next() {
        token = -1;
        skipSpace();
        if (expected == Expected.COMMA_OR_END && peek() == ',') {
            at++;
            skipSpace();
            expected = inObject() ? Expected.NAME : Expected.VALUE;
        }
        token = at;
        start = base + at;
        end = start;
        Token read = switch (expected) {
            case VALUE -> value();
            case VALUE_OR_END -> peek() == ']' ? close(']') : value();
            case NAME -> name();
            case NAME_OR_END -> peek() == '}' ? close('}') : name();
            case COMMA_OR_END -> close(inObject() ? '}' : ']');
            case NOTHING -> over();
        };
        if (read != Token.NAME) {
            end = base + at;
        }
        return read;
    }

    /** Passes over the rest of the object or array whose start was just read; its end is read too. */
    public void skipContainer() {
        int outer = depth - 1;
        do {
            next();
        } while (depth > outer);
    }

    /** Containers open around the next token. */
    public int depth() {
        return depth;
    }

    /** Offset of the token's first byte; of a string, of its quotation mark. */
    public int start() {
        return start;
    }

    /** Offset behind the token's last byte. */
    public int end() {
        return end;
    }

    /** Whether {@link #text} can tell the name or string just read. */
    public boolean kept() {
        return token >= 0 && end - start <= MAX_TEXT;
    }

    /** Whether the name or string just read has escapes. */
    boolean escaped() {
        return escaped;
    }

    /** How many bytes the name or string just read has between its quotation marks. */
    int rawLength() {
        return end - start - 2;
    }

    /** How many characters the string just read has; -1 where that takes decoding it: it has escapes, or some are not ASCII. */
    int plainLength() {
        return escaped || beyondAscii ? -1 : rawLength();
    }

    /** Whether the name or string just read is {@code text}, which is short and ASCII. */
    public boolean is(String text) {
        if (!kept()) {
            return false;
        }
        if (escaped) {
            return text().equals(text);
        }
        int length = text.length();
        if (end - start - 2 != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (in[token + 1 + i] != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The same in any case, as servers written in Go read names, to which the long s and the Kelvin sign are letters too
     * (<a href="https://pkg.go.dev/encoding/json#Unmarshal">encoding/json</a>). Only what is as long as {@code text} is compared.
     */
    boolean isInAnyCase(String text) {
        int length = text.length();
        int raw = end - start - 2;
        if (escaped || beyondAscii) {
            return raw >= length && raw <= MOST_BYTES * length && kept() && text().equalsIgnoreCase(text);
        }
        if (raw != length || !kept()) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            int other = in[token + 1 + i] ^ text.charAt(i);
            int letter = text.charAt(i) | CASE;
            if (other != 0 && (other != CASE || letter < 'a' || letter > 'z')) {
                return false;
            }
        }
        return true;
    }

    /** The name or string just read, its escapes resolved. */
    public String text() {
        String raw = new String(in, token + 1, end - start - 2, StandardCharsets.UTF_8);
        if (!escaped) {
            return raw;
        }
        StringBuilder out = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c != '\\') {
                out.append(c);
            } else if (raw.charAt(++i) == 'u') {
                out.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
                i += 4;
            } else {
                out.append(unescaped(raw.charAt(i)));
            }
        }
        return out.toString();
    }

    /** The number just read, as it is spelled. */
    String spelled() {
        return new String(in, token, end - start, StandardCharsets.US_ASCII);
    }

    /** The number just read where it is a whole one from 0 to 15 digits long; -1 for any other. */
    public long count() {
        if (end - start > 15) {
            return -1;
        }
        long value = 0;
        for (int i = token; i < token + end - start; i++) {
            if (in[i] < '0' || in[i] > '9') {
                return -1;
            }
            value = value * 10 + in[i] - '0';
        }
        return value;
    }

    private static char unescaped(char c) {
        return switch (c) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> c;
        };
    }

    private void skipSpace() {
        while (at < to || more()) {
            byte b = in[at];
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return;
            }
            at++;
        }
    }

    private int peek() {
        return at < to || more() ? in[at] : -1;
    }

    /** At the window's end, moves it on; false: the input is over. */
    private boolean more() {
        if (source == null) {
            return false;
        }
        int kept = keep();
        base += at - kept;
        at = kept;
        to = kept;
        try {
            to += Math.max(0, source.read(in, kept, in.length - kept));
        } catch (IOException e) {
            throw new UncheckedIOException("reading back JSON failed", e);
        }
        return at < to;
    }

    /** Moves what is there of the token, whose end is known or still to come, to the window's beginning. */
    private int keep() {
        int length = end > start ? end - start : base + at - start;
        if (token < 0 || length > MAX_TEXT) {
            token = -1;
            return 0;
        }
        System.arraycopy(in, token, in, 0, length);
        token = 0;
        return length;
    }

    private boolean inObject() {
        return (objects[depth >> 6] >>> depth & 1) != 0;
    }

    private Token value() {
        if (at == to) {
            throw malformed("a value is missing");
        }
        return switch (in[at]) {
            case '{' -> open(true);
            case '[' -> open(false);
            case '"' -> string();
            case 't' -> word("true", Token.TRUE);
            case 'f' -> word("false", Token.FALSE);
            case 'n' -> word("null", Token.NULL);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> throw malformed("no value begins so");
        };
    }

    private Token open(boolean object) {
        if (depth == MAX_DEPTH) {
            throw malformed("more than " + MAX_DEPTH + " levels");
        }
        at++;
        depth++;
        if (depth >> 6 == objects.length) {
            objects = Arrays.copyOf(objects, MAX_DEPTH / 64 + 1);
        }
        long bit = 1L << depth;
        objects[depth >> 6] = object ? objects[depth >> 6] | bit : objects[depth >> 6] & ~bit;
        expected = object ? Expected.NAME_OR_END : Expected.VALUE_OR_END;
        return object ? Token.OBJECT_START : Token.ARRAY_START;
    }

    private Token close(char bracket) {
        if (peek() != bracket) {
            throw malformed("',' or '" + bracket + "' is missing");
        }
        at++;
        depth--;
        afterValue();
        return bracket == '}' ? Token.OBJECT_END : Token.ARRAY_END;
    }

    private Token over() {
        if (at != to) {
            throw malformed("something follows the value");
        }
        return Token.END;
    }

    private void afterValue() {
        expected = depth == 0 ? Expected.NOTHING : Expected.COMMA_OR_END;
    }

    private Token name() {
        if (peek() != '"') {
            throw malformed("a member's name is missing");
        }
        quoted();
        end = base + at;
        skipSpace();
        if (peek() != ':') {
            throw malformed("':' is missing");
        }
        at++;
        expected = Expected.VALUE;
        return Token.NAME;
    }

    private Token string() {
        quoted();
        if (ids != null && token >= 0 && at - token >= SignedIds.LEAST && at - token <= MAX_TEXT) {
            ids.look(in, token, at, start);
        }
        afterValue();
        return Token.STRING;
    }

    private Token word(String word, Token meant) {
        for (int i = 0; i < word.length(); i++, at++) {
            if (peek() != word.charAt(i)) {
                throw malformed("no value is spelled so");
            }
        }
        afterValue();
        return meant;
    }

    private Token number() {
        if (in[at] == '-') {
            at++;
        }
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (peek() == '.') {
            at++;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        afterValue();
        return Token.NUMBER;
    }

    private void digits() {
        if (!digit()) {
            throw malformed("a digit is missing");
        }
        while (digit()) {
            at++;
        }
    }

    private boolean digit() {
        int c = peek();
        return c >= '0' && c <= '9';
    }

    private void quoted() {
        escaped = false;
        beyondAscii = false;
        at++;
        while (true) {
            skipPlain();
            if (at == to && !more()) {
                throw malformed("a string does not end");
            }
            byte b = in[at];
            if (b == '"') {
                at++;
                return;
            }
            if (b == '\\') {
                escape();
            } else if (b < 0) {
                multibyte();
            } else if (b < ' ') {
                throw malformed("a control character stands in a string");
            } else {
                at++;
            }
        }
    }

    /** Eight bytes at a time while none of them is a quotation mark, a backslash, a control character or beyond ASCII. */
    private void skipPlain() {
        while (at + 8 <= to) {
            long word = (long) EIGHT_BYTES.get(in, at);
            long quote = word ^ ONES * '"';
            long backslash = word ^ ONES * '\\';
            long special = quote - ONES & ~quote | backslash - ONES & ~backslash | word - ONES * ' ' & ~word | word;
            if ((special & HIGH_BITS) != 0) {
                return;
            }
            at += 8;
        }
    }

    private void escape() {
        escaped = true;
        at++;
        switch (peek()) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> at++;
            case 'u' -> {
                at++;
                for (int i = 0; i < 4; i++, at++) {
                    int c = peek();
                    if (!(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F')) {
                        throw malformed("four hexadecimal digits must follow \\u");
                    }
                }
            }
            default -> throw malformed("no escape is spelled so");
        }
    }

    /** One character beyond ASCII: no overlong form, no surrogate, nothing above U+10FFFF (RFC 3629, section 4). */
    private void multibyte() {
        beyondAscii = true;
        int lead = in[at] & 255;
        int low = 0x80;
        int high = 0xBF;
        int more;
        if (lead >= 0xC2 && lead <= 0xDF) {
            more = 1;
        } else if (lead >= 0xE0 && lead <= 0xEF) {
            more = 2;
            low = lead == 0xE0 ? 0xA0 : low;
            high = lead == 0xED ? 0x9F : high;
        } else if (lead >= 0xF0 && lead <= 0xF4) {
            more = 3;
            low = lead == 0xF0 ? 0x90 : low;
            high = lead == 0xF4 ? 0x8F : high;
        } else {
            throw malformed("a string is not UTF-8");
        }
        at++;
        for (; more > 0; more--, at++, low = 0x80, high = 0xBF) {
            int next = peek() & 255;
            if (next < low || next > high) {
                throw malformed("a string is not UTF-8");
            }
        }
    }

    private MalformedException malformed(String rule) {
        return new MalformedException(rule, base + at);
    }
}
