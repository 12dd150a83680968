package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.DryRun.Described;
import io.llmproxy.gateway.ResponseSink;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** A request that nobody sent. */
record DescribedRequest(Described described) implements ClientRequest {
    /** Nobody waits for the answer. */
    static final ResponseSink NOWHERE = new ResponseSink() {
        @Override
        public void head(int status, HeaderFields headers, long contentLength) {}

        @Override
        public void write(byte[] bytes, int offset, int length) {}

        @Override
        public void flush() {}

        @Override
        public void end(HeaderFields trailers) {}

        @Override
        public void fail(ProxyError error, HeaderFields headers) {}

        @Override
        public boolean started() {
            return false;
        }

        @Override
        public long bytesWritten() {
            return 0;
        }
    };

    @Override
    public String method() {
        return described.method();
    }

    @Override
    public String path() {
        return described.path();
    }

    @Override
    public @Nullable String query() {
        return null;
    }

    @Override
    public HeaderFields headers() {
        return described.headers();
    }

    @Override
    public byte[] clientAddress() {
        return described.address().clone();
    }

    @Override
    public long contentLength() {
        return described.body().length;
    }

    @Override
    public InputStream body() {
        return new ByteArrayInputStream(described.body());
    }

    @Override
    public Watch watch(Runnable onGone) {
        return () -> {};
    }

    @Override
    public boolean gone() {
        return false;
    }
}
