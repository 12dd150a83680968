package io.llmproxy.gateway.estimate;

import io.llmproxy.gateway.scan.ByteSearch;
import io.llmproxy.gateway.scan.EscapedText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.BitSet;

/**
 * Reads JSON that was found valid before, token by token from a stream, in memory that does not grow with it: strings are handed
 * on in pieces, and those that nobody takes are passed over. What is no JSON after all gives tokens without sense, and an end.
 */
final class JsonPieces {
    /** What was read; a string is still to be taken, or is passed over by the next call. */
    enum Token {
        OBJECT,
        OBJECT_END,
        ARRAY,
        ARRAY_END,
        NAME,
        STRING,
        NUMBER,
        /** true, false or null. */
        WORD,
        END;

        boolean opens() {
            return this == OBJECT || this == ARRAY;
        }

        boolean closes() {
            return this == OBJECT_END || this == ARRAY_END || this == END;
        }
    }

    private static final int MAX_NAME = 64;
    private static final int BUFFER = 8 * 1024;
    private static final int LEAST_BUFFER = 256;

    private final InputStream in;
    private final byte[] buffer;
    private final BitSet objects = new BitSet();
    private int at;
    private int limit;
    private int depth;
    private boolean nameExpected;
    private boolean inString;
    private String name = "";

    JsonPieces(InputStream in) {
        this(in, BUFFER);
    }

    /** @param length of all of it, as far as is known: a short one gets no long buffer */
    JsonPieces(InputStream in, long length) {
        this.in = in;
        this.buffer = new byte[Math.clamp(length, LEAST_BUFFER, BUFFER)];
    }

    Token next() throws IOException {
        if (inString) {
            takeString((bytes, from, to) -> {});
        }
        int b = significant();
        return switch (b) {
            case -1 -> Token.END;
            case '{' -> open(true);
            case '[' -> open(false);
            case '}' -> close(Token.OBJECT_END);
            case ']' -> close(Token.ARRAY_END);
            case '"' -> string();
            default -> scalar(b);
        };
    }

    /** Passes over the rest of a container whose start was read; of anything else, over nothing. */
    void skip(Token begun) throws IOException {
        if (!begun.opens()) {
            return;
        }
        int outside = depth - 1;
        Token token = begun;
        while (depth > outside && token != Token.END) {
            token = next();
        }
    }

    /** The name just read; of a long one its beginning. */
    String name() {
        return name;
    }

    /** Adds the string just read to the count. */
    void countInto(TextTally counter) throws IOException {
        takeString(counter::add);
        counter.endOfString();
    }

    /** The string just read; of one that is longer than {@code max} bytes the beginning, and {@code beyond} has the rest. */
    String text(int max, TextTally beyond) throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        takeString((bytes, from, to) -> {
            int count = Math.min(to - from, max - kept.size());
            kept.write(bytes, from, count);
            beyond.left(to - from - count);
        });
        return EscapedText.whole(kept.toByteArray(), 0, kept.size());
    }

    /** Whether the string just read is that word, of ASCII and without escapes; it is taken. */
    boolean is(String word) throws IOException {
        Word found = begin(word);
        return found.matched == word.length() && found.length == found.matched;
    }

    /** Whether the string just read begins with that word; it is taken. */
    boolean begins(String word) throws IOException {
        return begin(word).matched == word.length();
    }

    private Word begin(String word) throws IOException {
        Word compared = new Word(word);
        takeString(compared);
        return compared;
    }

    /** How far a string goes along with a word. */
    private static final class Word implements Taker {
        private final String word;
        private int matched;
        private int length;

        Word(String word) {
            this.word = word;
        }

        @Override
        public void take(byte[] bytes, int from, int to) {
            int at = from;
            while (at < to && matched == length && matched < word.length() && bytes[at] == word.charAt(matched)) {
                at++;
                matched++;
                length++;
            }
            length += to - at;
        }
    }

    private interface Taker {
        void take(byte[] bytes, int from, int to);
    }

    private Token open(boolean object) {
        objects.set(depth++, object);
        nameExpected = object;
        return object ? Token.OBJECT : Token.ARRAY;
    }

    private Token close(Token token) {
        depth = Math.max(0, depth - 1);
        nameExpected = false;
        return token;
    }

    private Token string() throws IOException {
        inString = true;
        if (!nameExpected) {
            return Token.STRING;
        }
        nameExpected = false;
        int end = shortEnd();
        if (end >= 0) {
            name = KnownNames.text(buffer, at, end);
            at = end + 1;
            inString = false;
            return Token.NAME;
        }
        ByteArrayOutputStream kept = new ByteArrayOutputStream(MAX_NAME);
        takeString((bytes, from, to) -> kept.write(bytes, from, Math.min(to - from, MAX_NAME - kept.size())));
        name = EscapedText.whole(kept.toByteArray(), 0, kept.size());
        return Token.NAME;
    }

    /** Where the string that begins here ends, if that is near, in the buffer, and nothing in it is escaped; else -1. */
    private int shortEnd() {
        int most = Math.min(limit, at + MAX_NAME);
        for (int i = at; i < most; i++) {
            if (buffer[i] == '"') {
                return i;
            }
            if (buffer[i] == '\\') {
                return -1;
            }
        }
        return -1;
    }

    private Token scalar(int first) throws IOException {
        while (fill() && ",]} \t\r\n".indexOf(buffer[at]) < 0) {
            at++;
        }
        return first == '-' || first >= '0' && first <= '9' ? Token.NUMBER : Token.WORD;
    }

    /** The next byte that is no space, colon or comma. */
    private int significant() throws IOException {
        while (fill()) {
            byte b = buffer[at++];
            switch (b) {
                case ' ', '\t', '\r', '\n', ':' -> {}
                case ',' -> nameExpected = depth > 0 && objects.get(depth - 1);
                default -> {
                    return b & 255;
                }
            }
        }
        return -1;
    }

    private void takeString(Taker taker) throws IOException {
        boolean escape = false;
        inString = false;
        while (fill()) {
            int from = at;
            if (escape) {
                at++;
                escape = false;
            }
            at = ByteSearch.quoteOrBackslash(buffer, at, limit);
            while (at < limit && buffer[at] == '\\') {
                escape = at + 1 == limit;
                at = ByteSearch.quoteOrBackslash(buffer, Math.min(at + 2, limit), limit);
            }
            taker.take(buffer, from, at);
            if (at < limit) {
                at++;
                return;
            }
        }
    }

    private boolean fill() throws IOException {
        if (at < limit) {
            return true;
        }
        at = 0;
        limit = Math.max(0, in.read(buffer));
        return limit > 0;
    }
}
