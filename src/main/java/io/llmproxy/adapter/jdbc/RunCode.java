package io.llmproxy.adapter.jdbc;

import java.util.Arrays;
import java.util.BitSet;

/**
 * Ascending numbers as runs of neighbours. Each run is how many numbers were left out before it, doubled, and one more where it is of
 * several, followed by how many beyond two it is of. Numbers are of seven bits a byte, the lowest first; all bytes but the last of a number have
 * their highest bit.
 */
final class RunCode {
    private RunCode() {}

    /** Writes them. Not thread-safe. */
    static final class Writer {
        private static final int FIRST_SIZE = 8;
        private byte[] bytes = new byte[FIRST_SIZE];
        private int size;
        /** Behind the last run that is written. */
        private int end;

        private int start;
        private int length;

        /** One that is there already, the last, changes nothing. */
        void add(int number) {
            add(number, 1);
        }

        /** Adds so many from that one on. */
        void add(int number, int count) {
            if (length > 0 && number <= start + length) {
                length = Math.max(length, number + count - start);
                return;
            }
            endRun();
            start = number;
            length = count;
        }

        private void endRun() {
            if (length > 0) {
                int gap = start - end << 1;
                write(length > 1 ? gap | 1 : gap);
                if (length > 1) {
                    write(length - 2);
                }
                end = start + length;
                length = 0;
            }
        }

        private void write(int value) {
            if (bytes.length - size < VarInt.LONGEST) {
                bytes = Arrays.copyOf(bytes, 2 * bytes.length);
            }
            size = VarInt.write(value, bytes, size);
        }

        /** Ends it. The bytes are the first {@link #size} of {@link #bytes}. */
        void finish() {
            endRun();
        }

        byte[] bytes() {
            return bytes;
        }

        int size() {
            return size;
        }
    }

    /** Sets the bits of the numbers in the next {@code size} bytes. */
    static void read(VarInt.Reader in, int size, BitSet into) {
        int limit = in.at() + size;
        int at = 0;
        while (in.at() < limit) {
            int gap = in.next();
            at += gap >>> 1;
            int length = (gap & 1) == 0 ? 1 : 2 + in.next();
            into.set(at, at + length);
            at += length;
        }
    }
}
