package io.llmproxy.gateway.object;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ResponseSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Takes in one page of a list, up to {@value #MAX} bytes; what is no success goes on to the client as it is. */
public final class PageSink implements ResponseSink {
    private static final int MAX = 8 * 1024 * 1024;

    private final ResponseSink client;
    private final ByteArrayOutputStream page = new ByteArrayOutputStream();
    private HeaderFields fields = new HeaderFields();
    private boolean passed;
    private boolean tooLarge;

    public PageSink(ResponseSink client) {
        this.client = client;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        fields = headers;
        passed = status < 200 || status >= 300;
        if (passed) {
            client.head(status, headers, contentLength);
        }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (passed) {
            client.write(bytes, offset, length);
        } else if (page.size() + length > MAX) {
            tooLarge = true;
        } else {
            page.write(bytes, offset, length);
        }
    }

    /** Whether the answer was no list, and the client has it. */
    public boolean passed() {
        return passed;
    }

    public boolean tooLarge() {
        return tooLarge;
    }

    public HeaderFields headers() {
        return fields;
    }

    public byte[] bytes() {
        return page.toByteArray();
    }

    @Override
    public void flush() throws IOException {
        if (passed) {
            client.flush();
        }
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
