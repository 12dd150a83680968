package io.llmproxy.adapter.provider.support;

import java.io.IOException;
import java.io.OutputStream;

/**
 * The sending side of one connection: buffers small writes, holds a request body to its announced length, and knows whether
 * a failure was the connection's or that of the body's own source.
 */
final class UpstreamOutput extends OutputStream {
    private static final int SLICE = 64 * 1024;

    private final OutputStream out;
    private final byte[] buffer = new byte[8192];
    private int filled;
    private long allowed;
    private long total;
    private volatile long sent;
    private boolean broken;

    UpstreamOutput(OutputStream out) {
        this.out = out;
    }

    /** How many bytes may be written from now on. */
    void allow(long bytes) {
        allowed = bytes;
    }

    /** What is still missing of the allowed bytes. */
    long missing() {
        return allowed;
    }

    /** Bytes that the connection took, ever; readable from any thread. */
    long sent() {
        return sent;
    }

    /** Whether what failed was the connection, if anything: then the same request may go out on another. */
    boolean mayRetry() {
        return broken || allowed == 0;
    }

    /** Whether the connection refused a write. */
    boolean broken() {
        return broken;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (length > allowed) {
            throw new IOException("the request body is longer than announced");
        }
        allowed -= length;
        if (length > buffer.length - filled) {
            drain();
        }
        if (length > buffer.length) {
            push(bytes, offset, length);
        } else {
            System.arraycopy(bytes, offset, buffer, filled, length);
            filled += length;
        }
    }

    @Override
    public void flush() throws IOException {
        drain();
    }

    private void drain() throws IOException {
        int length = filled;
        filled = 0;
        push(buffer, 0, length);
    }

    /** In slices, so that progress shows. */
    private void push(byte[] bytes, int offset, int length) throws IOException {
        try {
            for (int done = 0; done < length; ) {
                int n = Math.min(SLICE, length - done);
                out.write(bytes, offset + done, n);
                done += n;
                total += n;
                sent = total;
            }
        } catch (IOException e) {
            broken = true;
            throw e;
        }
    }
}
