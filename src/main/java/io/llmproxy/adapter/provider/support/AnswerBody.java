package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.core5.http.impl.io.ChunkedInputStream;

/** The body of an answer: knows whether it was read to its end, and tells what is no valid body as such. */
final class AnswerBody extends InputStream {
    private final InputStream framed;
    private final CallContext call;
    private long left;
    private boolean complete;
    private boolean closed;

    /** @param length negative where it is not known before the end */
    AnswerBody(InputStream framed, long length, CallContext call) {
        this.framed = framed;
        this.call = call;
        this.left = length;
        this.complete = length == 0;
    }

    boolean complete() {
        return complete;
    }

    /** What came after the last chunk. */
    HeaderFields trailers() {
        return complete && framed instanceof ChunkedInputStream chunks
                ? AnswerFraming.trailers(chunks.getFooters())
                : HeaderFields.NONE;
    }

    /** No more reads: the connection may belong to another call by now. */
    @Override
    public void close() {
        closed = true;
    }

    @Override
    public int read() throws UpstreamException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws UpstreamException {
        if (complete) {
            return -1;
        }
        if (closed || call.cancelled()) {
            throw call.cancelledFailure(null);
        }
        try {
            return counted(framed.read(bytes, offset, length));
        } catch (UpstreamException e) {
            throw e;
        } catch (IOException e) {
            throw call.failure(Kind.PROTOCOL, "sent an answer whose chunks are malformed", e);
        }
    }

    private int counted(int n) {
        if (n < 0) {
            complete = true;
        } else if (left > 0) {
            left -= n;
            complete = left == 0;
        }
        return n;
    }
}
