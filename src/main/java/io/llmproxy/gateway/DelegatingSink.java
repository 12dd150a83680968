package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.io.IOException;

/** Hands everything on to the sink behind it. Whoever changes a part of the answer, or looks at it, overrides that part. */
public abstract class DelegatingSink implements ResponseSink {
    /** The sink behind this one, nearer to the client. */
    protected final ResponseSink client;

    protected DelegatingSink(ResponseSink client) {
        this.client = client;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        client.head(status, headers, contentLength);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        client.write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
        client.flush();
    }

    @Override
    public void end(HeaderFields trailers) throws IOException {
        client.end(trailers);
    }

    @Override
    public void fail(ProxyError error, HeaderFields headers) {
        client.fail(error, headers);
    }

    @Override
    public boolean started() {
        return client.started();
    }

    @Override
    public long bytesWritten() {
        return client.bytesWritten();
    }
}
