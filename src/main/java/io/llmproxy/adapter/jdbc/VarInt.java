package io.llmproxy.adapter.jdbc;

import java.io.ByteArrayOutputStream;
import java.util.UUID;

/** Numbers that are not negative, of seven bits a byte, the lowest first; all bytes but the last of a number have their highest bit. */
final class VarInt {
    /** So many bytes has the longest {@code int}; a {@code long} has up to ten. */
    static final int LONGEST = 5;

    private VarInt() {}

    /** Writes it and returns where it ends. */
    static int write(int value, byte[] into, int at) {
        int end = at;
        int left = value;
        while ((left & ~0x7F) != 0) {
            into[end++] = (byte) (left | 0x80);
            left >>>= 7;
        }
        into[end++] = (byte) left;
        return end;
    }

    /** Reads numbers one after the other. Not thread-safe. */
    static final class Reader {
        private final byte[] bytes;
        private int at;

        Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        int at() {
            return at;
        }

        boolean more() {
            return at < bytes.length;
        }

        void skip(int count) {
            at += count;
        }

        int next() {
            return (int) nextLong();
        }

        long nextLong() {
            long value = 0;
            int shift = 0;
            byte b;
            do {
                b = bytes[at++];
                value |= (long) (b & 0x7F) << shift;
                shift += 7;
            } while (b < 0);
            return value;
        }

        /** Of either sign: small ones are short. */
        long nextSigned() {
            long value = nextLong();
            return value >>> 1 ^ -(value & 1);
        }

        /** Four bytes, the highest first. */
        int nextFixed() {
            int value = 0;
            for (int i = 0; i < Integer.BYTES; i++) {
                value = value << 8 | bytes[at++] & 0xFF;
            }
            return value;
        }

        UUID nextId() {
            long high = (long) nextFixed() << 32 | nextFixed() & 0xFFFF_FFFFL;
            return new UUID(high, (long) nextFixed() << 32 | nextFixed() & 0xFFFF_FFFFL);
        }
    }

    /** Gathers numbers. Not thread-safe. */
    static final class Writer {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        void add(long value) {
            long left = value;
            while ((left & ~0x7FL) != 0) {
                out.write((int) (left | 0x80));
                left >>>= 7;
            }
            out.write((int) left);
        }

        void addSigned(long value) {
            add(value << 1 ^ value >> 63);
        }

        void addFixed(int value) {
            for (int shift = 24; shift >= 0; shift -= 8) {
                out.write(value >>> shift);
            }
        }

        void addId(UUID id) {
            addFixed((int) (id.getMostSignificantBits() >>> 32));
            addFixed((int) id.getMostSignificantBits());
            addFixed((int) (id.getLeastSignificantBits() >>> 32));
            addFixed((int) id.getLeastSignificantBits());
        }

        void add(byte[] bytes, int length) {
            out.write(bytes, 0, length);
        }

        int size() {
            return out.size();
        }

        byte[] bytes() {
            return out.toByteArray();
        }
    }
}
