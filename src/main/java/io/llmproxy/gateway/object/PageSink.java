package io.llmproxy.gateway.object;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.DelegatingSink;
import io.llmproxy.gateway.ResponseSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Takes in one page of a list, up to {@value #MAX} bytes; what is no success goes on to the client as it is. */
public final class PageSink extends DelegatingSink {
    private static final int MAX = 8 * 1024 * 1024;

    private final ByteArrayOutputStream page = new ByteArrayOutputStream();
    private HeaderFields fields = new HeaderFields();
    private boolean passed;
    private boolean tooLarge;

    public PageSink(ResponseSink client) {
        super(client);
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
}
