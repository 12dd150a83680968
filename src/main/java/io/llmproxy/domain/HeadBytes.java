package io.llmproxy.domain;

import java.util.Arrays;

/**
 * Gathers the bytes of an HTTP message: lines of ISO 8859-1, as a head is written, and pieces of a body. One thread; it grows
 * as needed and is used again after {@link #clear}.
 */
public final class HeadBytes {
    private byte[] bytes;
    private int size;

    public HeadBytes(int capacity) {
        bytes = new byte[capacity];
    }

    public int size() {
        return size;
    }

    /** The array that holds the bytes, from 0 to {@link #size}; a longer text may put another in its place. */
    public byte[] array() {
        return bytes;
    }

    public void clear() {
        size = 0;
    }

    /** A name, a colon and a blank, the value and a line end; of characters that {@link #text} takes. */
    public HeadBytes field(String name, String value) {
        ensure(name.length() + value.length() + 4);
        copy(name);
        bytes[size++] = ':';
        bytes[size++] = ' ';
        copy(value);
        return lineEnd();
    }

    /** Characters above 255 lose their high byte, so the caller has refused them. */
    public HeadBytes text(String text) {
        ensure(text.length());
        copy(text);
        return this;
    }

    @SuppressWarnings("deprecation") // the one copy of Latin-1 text into an array that makes no array of its own
    private void copy(String text) {
        int length = text.length();
        text.getBytes(0, length, bytes, size);
        size += length;
    }

    public HeadBytes lineEnd() {
        ensure(2);
        bytes[size++] = '\r';
        bytes[size++] = '\n';
        return this;
    }

    /** In lower-case hexadecimal digits, without leading zeros. */
    public HeadBytes hex(int number) {
        int digits = Math.max(1, (35 - Integer.numberOfLeadingZeros(number)) / 4);
        ensure(digits);
        for (int i = digits - 1; i >= 0; i--) {
            bytes[size++] = (byte) Character.forDigit(number >>> 4 * i & 15, 16);
        }
        return this;
    }

    public HeadBytes put(byte[] from, int offset, int length) {
        ensure(length);
        System.arraycopy(from, offset, bytes, size, length);
        size += length;
        return this;
    }

    private void ensure(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(size + more, 2 * bytes.length));
        }
    }
}
