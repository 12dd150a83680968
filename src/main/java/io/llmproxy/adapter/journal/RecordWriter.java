package io.llmproxy.adapter.journal;

import java.util.Arrays;

/**
 * Gathers the bytes of a record as {@link java.io.DataOutputStream} would write them, big-endian, and as
 * {@link java.io.DataInputStream} reads them; without a lock, and without an array for each text. One thread.
 */
final class RecordWriter {
    private byte[] bytes;
    private int size;

    RecordWriter(int capacity) {
        bytes = new byte[capacity];
    }

    void writeByte(int value) {
        ensure(1);
        bytes[size++] = (byte) value;
    }

    void writeBoolean(boolean value) {
        writeByte(value ? 1 : 0);
    }

    void writeInt(int value) {
        ensure(4);
        for (int shift = 24; shift >= 0; shift -= 8) {
            bytes[size++] = (byte) (value >>> shift);
        }
    }

    void writeLong(long value) {
        ensure(8);
        for (int shift = 56; shift >= 0; shift -= 8) {
            bytes[size++] = (byte) (value >>> shift);
        }
    }

    /** Its length in bytes and the modified UTF-8 of {@link java.io.DataInput}, which is at most three times as long as the text. */
    void writeUTF(String text) {
        int characters = text.length();
        ensure(2 + 3 * characters);
        int begin = size + 2;
        int plain = plain(text, begin);
        size = begin + plain;
        for (int i = plain; i < characters; i++) {
            write(text.charAt(i));
        }
        int length = size - begin;
        if (length > 0xFFFF) {
            throw new IllegalArgumentException("a text of " + length + " bytes does not fit into a record");
        }
        bytes[begin - 2] = (byte) (length >>> 8);
        bytes[begin - 1] = (byte) length;
    }

    /** Copies a text of ASCII without NUL, as nearly all are, at one stroke; how many characters it has, or 0: there are others. */
    @SuppressWarnings("deprecation") // the one copy of Latin-1 text into an array that makes no array of its own
    private int plain(String text, int at) {
        int characters = text.length();
        for (int i = 0; i < characters; i++) {
            char c = text.charAt(i);
            if (c == 0 || c >= 0x80) {
                return 0;
            }
        }
        text.getBytes(0, characters, bytes, at);
        return characters;
    }

    private void write(char c) {
        if (c >= 1 && c < 0x80) {
            bytes[size++] = (byte) c;
        } else if (c < 0x800) {
            bytes[size++] = (byte) (0xC0 | c >> 6);
            bytes[size++] = (byte) (0x80 | c & 0x3F);
        } else {
            bytes[size++] = (byte) (0xE0 | c >> 12);
            bytes[size++] = (byte) (0x80 | c >> 6 & 0x3F);
            bytes[size++] = (byte) (0x80 | c & 0x3F);
        }
    }

    byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
        }
    }
}
