package io.llmproxy.gateway.proof;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ResponseSink;
import java.io.IOException;

/** A client of the sandbox, which reads to the end or leaves before. */
final class ProofSink implements ResponseSink {
    private final long leavesAfter;
    private boolean started;
    private boolean ended;
    private long bytes;
    private int status;

    /** @param leavesAfter bytes after which the client is gone */
    ProofSink(long leavesAfter) {
        this.leavesAfter = leavesAfter;
    }

    @Override
    public void head(int newStatus, HeaderFields headers, long contentLength) {
        status = newStatus;
    }

    @Override
    public void write(byte[] chunk, int offset, int length) throws IOException {
        bytes += length;
        if (bytes > leavesAfter) {
            throw new IOException("the client has gone");
        }
    }

    @Override
    public void flush() {
        started = true;
    }

    @Override
    public void end(HeaderFields trailers) {
        started = true;
        ended = true;
    }

    @Override
    public void fail(ProxyError error, HeaderFields headers) {
        status = started ? 0 : error.status();
    }

    @Override
    public boolean started() {
        return started;
    }

    @Override
    public long bytesWritten() {
        return bytes;
    }

    boolean answered() {
        return ended && status == 200;
    }

    /** By a limit: a failing provider answers otherwise. */
    boolean refused() {
        return status == 402 || status == 429;
    }
}
