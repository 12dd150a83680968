package io.llmproxy.adapter.http;

import java.io.IOException;
import java.io.InputStream;

/** A body of known length. */
final class FixedBody extends InputStream {
    private final ClientBytes bytes;
    private final long length;
    private long count;

    FixedBody(ClientBytes bytes, long length) {
        this.bytes = bytes;
        this.length = length;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] into, int offset, int wanted) throws IOException {
        if (count == length) {
            return -1;
        }
        int n = bytes.read(into, offset, (int) Math.min(wanted, length - count));
        if (n < 0) {
            throw new IOException("The request's body ended after " + count + " of " + length + " bytes.");
        }
        count += n;
        return n;
    }
}
