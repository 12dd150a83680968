package io.llmproxy.adapter.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes one list of numbers and texts as MessagePack, which scripts unpack at once. */
final class Packer {
    private byte[] bytes;
    private int size;

    /** @param count of the elements that follow */
    Packer(int count) {
        bytes = new byte[16 + count * 6];
        put(0xdd);
        put(count, 4);
    }

    Packer number(long value) {
        if (value >= 0 && value < 128) {
            put((int) value);
        } else if (value >= 0 && value <= 0xffff_ffffL) {
            put(0xce);
            put(value, 4);
        } else {
            put(0xd3);
            put(value, 8);
        }
        return this;
    }

    Packer text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        put(0xda);
        put(utf8.length, 2);
        for (byte b : utf8) {
            put(b);
        }
        return this;
    }

    private void put(long value, int width) {
        for (int shift = (width - 1) * 8; shift >= 0; shift -= 8) {
            put((int) (value >> shift));
        }
    }

    private void put(int b) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, size * 2);
        }
        bytes[size++] = (byte) b;
    }

    byte[] bytes() {
        return Arrays.copyOf(bytes, size);
    }
}
