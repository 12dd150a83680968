package io.llmproxy.adapter.provider.support;

import java.io.IOException;
import java.io.InputStream;

/**
 * Replaces every occurrence of some bytes by {@code ***}, also of one that arrives in parts (Knuth, Morris and Pratt). What may
 * be the beginning of an occurrence is held back until more comes; it needs no copy, being a beginning of the needle itself. Bytes
 * without any such beginning, nearly all there are, are read straight to where they are wanted and only looked at.
 */
final class RedactingInputStream extends InputStream {
    private static final byte[] STARS = {'*', '*', '*'};

    private final InputStream in;
    private final byte[] needle;
    private final int[] fallback;
    private byte[] out = {};
    private int start;
    private int end;
    private int matched;
    private boolean ended;

    RedactingInputStream(InputStream in, byte[] needle) {
        this.in = in;
        this.needle = needle.clone();
        this.fallback = fallback(needle);
    }

    /** For each length of a partial match, that of the longest shorter one which ends at the same byte. */
    private static int[] fallback(byte[] needle) {
        int[] table = new int[needle.length + 1];
        for (int i = 1, k = 0; i < needle.length; i++) {
            while (k > 0 && needle[i] != needle[k]) {
                k = table[k];
            }
            if (needle[i] == needle[k]) {
                k++;
            }
            table[i + 1] = k;
        }
        return table;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        while (start == end && !ended) {
            int n = in.read(bytes, offset, length);
            if (n > 0 && matched == 0 && !begins(bytes, offset, n)) {
                return n;
            }
            fill(bytes, offset, n);
        }
        if (start == end) {
            return -1;
        }
        int n = Math.min(length, end - start);
        System.arraycopy(out, start, bytes, offset, n);
        start += n;
        return n;
    }

    /** Whether an occurrence begins in these bytes, or may at their end. */
    private boolean begins(byte[] bytes, int offset, int length) {
        byte first = needle[0];
        int end = offset + length;
        for (int i = offset; i < end; i++) {
            if (bytes[i] == first && alike(bytes, i, end)) {
                return true;
            }
        }
        return false;
    }

    private boolean alike(byte[] bytes, int from, int end) {
        int n = Math.min(needle.length, end - from);
        for (int i = 1; i < n; i++) {
            if (bytes[from + i] != needle[i]) {
                return false;
            }
        }
        return true;
    }

    /** @param length negative at the end */
    private void fill(byte[] bytes, int offset, int length) {
        start = 0;
        end = 0;
        int needed = Math.max(length, 0) + needle.length + STARS.length;
        if (out.length < needed) {
            out = new byte[needed];
        }
        if (length < 0) {
            ended = true;
            emit(needle, matched);
            return;
        }
        for (int i = 0; i < length; i++) {
            take(bytes[offset + i]);
        }
    }

    private void take(byte b) {
        while (matched > 0 && needle[matched] != b) {
            int shorter = fallback[matched];
            emit(needle, matched - shorter);
            matched = shorter;
        }
        if (needle[matched] != b) {
            out[end++] = b;
        } else if (++matched == needle.length) {
            emit(STARS, STARS.length);
            matched = 0;
        }
    }

    private void emit(byte[] bytes, int length) {
        System.arraycopy(bytes, 0, out, end, length);
        end += length;
    }
}
