package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.DelegatingSink;
import io.llmproxy.gateway.ResponseSink;
import java.io.IOException;

/**
 * Keeps back the last byte of an answer whose length is known until {@link #end}: a client that counts would otherwise have
 * the whole before it is accounted for. Chunked answers need no such care, since their last chunk is sent by the end.
 */
final class LastPieceSink extends DelegatingSink {
    private long remaining = -1;
    private final byte[] last = new byte[1];
    private boolean kept;

    LastPieceSink(ResponseSink client) {
        super(client);
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        remaining = contentLength;
        client.head(status, headers, contentLength);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        writeKept();
        int now = length;
        if (remaining >= 0 && length > 0 && length >= remaining) {
            now = length - 1;
            last[0] = bytes[offset + now];
            kept = true;
        }
        remaining -= remaining >= 0 ? Math.min(remaining, length) : 0;
        if (now > 0) {
            client.write(bytes, offset, now);
        }
    }

    @Override
    public void end(HeaderFields trailers) throws IOException {
        writeKept();
        client.end(trailers);
    }

    private void writeKept() throws IOException {
        if (kept) {
            kept = false;
            client.write(last, 0, 1);
        }
    }

    @Override
    public long bytesWritten() {
        return client.bytesWritten() + (kept ? 1 : 0);
    }
}
