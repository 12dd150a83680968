package io.llmproxy.bench;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The lines of one SSE stream: the number and the time of sending that the paced upstream wrote into each chunk. */
final class ChunkText {
    /** What a stream says. */
    interface Events {
        /** @param sentNanos {@link System#nanoTime} of the upstream, which is this machine's */
        void chunk(int number, long sentNanos);

        void done();
    }

    /** Before the two figures of a chunk, which follow one another so that one search finds them. */
    static final String MARK = "\"bench\":[";

    private static final byte[] MARKED = MARK.getBytes(StandardCharsets.US_ASCII);
    private static final String DONE = "data: [DONE]";

    private final Events events;
    private byte[] line = new byte[1024];
    private int length;

    ChunkText(Events events) {
        this.events = events;
    }

    void add(ByteBuffer part) {
        while (part.hasRemaining()) {
            byte b = part.get();
            if (b == '\n') {
                line();
                length = 0;
            } else {
                if (length == line.length) {
                    line = java.util.Arrays.copyOf(line, 2 * length);
                }
                line[length++] = b;
            }
        }
    }

    private void line() {
        int at = mark();
        if (at >= 0) {
            int comma = indexOf((byte) ',', at);
            events.chunk((int) number(at, comma), number(comma + 1, indexOf((byte) ']', comma)));
        } else if (length >= DONE.length() && new String(line, 0, length, StandardCharsets.US_ASCII).startsWith(DONE)) {
            events.done();
        }
    }

    /** Behind the mark; -1 where the line has none. */
    private int mark() {
        for (int i = 0; i + MARKED.length < length; i++) {
            int j = 0;
            while (j < MARKED.length && line[i + j] == MARKED[j]) {
                j++;
            }
            if (j == MARKED.length) {
                return i + j;
            }
        }
        return -1;
    }

    private int indexOf(byte wanted, int from) {
        int i = from;
        while (i < length && line[i] != wanted) {
            i++;
        }
        return i;
    }

    private long number(int from, int to) {
        long value = 0;
        for (int i = from; i < to; i++) {
            value = value * 10 + line[i] - '0';
        }
        return value;
    }
}
