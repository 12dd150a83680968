package io.llmproxy.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/** A gzip or deflate body, decoded as it comes. */
final class DecodedStream extends InputStream {
    private static final int BUFFER = 8 * 1024;

    /** Behind the coded data nothing should come; what is more than this is not waited out. */
    private static final int MOST_SURPLUS = 64 * 1024;

    private final boolean deflate;
    private final InputStream coded;
    private @Nullable InputStream plain;
    private boolean ended;

    DecodedStream(boolean deflate, InputStream coded) {
        this.deflate = deflate;
        this.coded = coded;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (ended) {
            return -1;
        }
        if (plain == null) {
            plain = deflate ? inflating(new PushbackInputStream(coded, 2)) : new GZIPInputStream(coded, BUFFER);
        }
        int n = plain.read(bytes, offset, length);
        if (n < 0) {
            ended = true;
            readToEnd();
        }
        return n;
    }

    private void readToEnd() throws IOException {
        byte[] surplus = new byte[512];
        int left = MOST_SURPLUS;
        for (int n; (n = coded.read(surplus)) >= 0; left -= n) {
            if (left < 0) {
                throw new IOException("the body goes on behind its coded data");
            }
        }
    }

    /** Some servers send the bare deflate format (RFC 1951) where the zlib format (RFC 1950) is meant; two bytes tell. */
    private static InputStream inflating(PushbackInputStream coded) throws IOException {
        int first = coded.read();
        int second = first < 0 ? -1 : coded.read();
        if (second >= 0) {
            coded.unread(second);
        }
        if (first >= 0) {
            coded.unread(first);
        }
        boolean zlib = (first & 15) == 8 && (first << 8 | second) % 31 == 0;
        return new InflaterInputStream(coded, new Inflater(!zlib), BUFFER);
    }
}
