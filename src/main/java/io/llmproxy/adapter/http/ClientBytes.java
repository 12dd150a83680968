package io.llmproxy.adapter.http;

import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The bytes of a connection that have come and that nobody has taken yet. Of the connection's thread alone. */
final class ClientBytes {
    private static final byte[] NONE = {};

    private final Supplier<byte @Nullable []> source;
    private byte[] bytes = NONE;
    private int from;
    private int end;

    /** @param source waits for more; null: the client has ended its side. Its arrays become this class's own */
    ClientBytes(Supplier<byte @Nullable []> source) {
        this.source = source;
    }

    int available() {
        return end - from;
    }

    /** The array that holds them, from {@link #from} on; the next {@link #more} may put another in its place. */
    byte[] array() {
        return bytes;
    }

    int from() {
        return from;
    }

    void skip(int count) {
        from += count;
        if (from == end) {
            // an idle connection holds nothing
            bytes = NONE;
            from = 0;
            end = 0;
        }
    }

    /** Waits for more, which come behind those that are there; false: the client has ended its side. */
    boolean more() {
        byte[] next = source.get();
        if (next == null) {
            return false;
        }
        if (from == end) {
            bytes = next;
            from = 0;
            end = next.length;
            return true;
        }
        if (bytes.length - end < next.length) {
            // twice as much as needed, so that a head that comes byte by byte is not copied with each
            int held = end - from;
            byte[] wider =
                    Arrays.copyOf(from == 0 ? bytes : Arrays.copyOfRange(bytes, from, end), 2 * (held + next.length));
            bytes = wider;
            from = 0;
            end = held;
        }
        System.arraycopy(next, 0, bytes, end, next.length);
        end += next.length;
        return true;
    }

    /** At least one byte, as many as are there, waiting for the first; -1: the client has ended its side. */
    int read(byte[] into, int offset, int length) {
        if (from == end && !more()) {
            return -1;
        }
        int count = Math.min(length, end - from);
        System.arraycopy(bytes, from, into, offset, count);
        skip(count);
        return count;
    }

    /** The next byte, waiting for it; -1: the client has ended its side. */
    int read() {
        if (from == end && !more()) {
            return -1;
        }
        int next = bytes[from] & 255;
        skip(1);
        return next;
    }
}
