package io.llmproxy.gateway.scan;

import java.util.Arrays;

/**
 * The text that an answer delivered, in JSON's own spelling: as much of its beginning as is kept, and how long the whole is.
 * Memory is taken as text comes.
 */
public final class DeliveredText {
    /** Some 16,000 tokens, which few answers have. */
    public static final int MAX_KEPT = 64 * 1024;

    private static final byte[] NOTHING = {};
    private static final int FIRST = 512;

    private byte[] kept = NOTHING;
    private int size;
    private long length;

    void add(byte[] in, int from, int to) {
        int count = Math.min(to - from, MAX_KEPT - size);
        length += to - from;
        if (count <= 0) {
            return;
        }
        if (size + count > kept.length) {
            // a first piece that is long is the whole text of an answer that does not stream
            int wanted = size == 0 ? Math.max(FIRST, count) : 2 * (size + count);
            kept = Arrays.copyOf(kept, Math.min(MAX_KEPT, wanted));
        }
        System.arraycopy(in, from, kept, size, count);
        size += count;
    }

    /** The bytes that are kept: the first {@link #size} of the array. */
    public byte[] bytes() {
        return kept;
    }

    public int size() {
        return size;
    }

    /** Bytes of the whole text. */
    public long length() {
        return length;
    }
}
