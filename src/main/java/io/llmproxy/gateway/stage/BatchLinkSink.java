package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.HoldingSink;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.scan.ResultLinks;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Holds an answer about batches back until it is whole, since its links become others; a list of the most batches is a megabyte. */
final class BatchLinkSink extends HoldingSink {
    static final int MAX_HELD = 4 * 1024 * 1024;

    private final String batches;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream(0);
    private @Nullable Head head;

    private record Head(int status, HeaderFields headers, long length) {}

    /** @param batches the client's path that has the batches below it */
    BatchLinkSink(ResponseSink client, String batches) {
        super(client);
        this.batches = batches;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        boolean json = headers.first("content-type")
                .filter(type -> type.toLowerCase(Locale.ROOT).startsWith("application/json"))
                .isPresent();
        boolean success = status >= 200 && status < 300 && status != 204;
        if (success && json && contentLength <= MAX_HELD && !headers.contains("content-encoding")) {
            head = new Head(status, headers, contentLength);
        } else {
            client.head(status, headers, contentLength);
        }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Head waiting = head;
        if (waiting == null) {
            client.write(bytes, offset, length);
            return;
        }
        held.write(bytes, offset, length);
        if (held.size() > MAX_HELD) {
            release(waiting, held.toByteArray(), waiting.length);
        }
    }

    @Override
    public void flush() throws IOException {
        if (head == null) {
            client.flush();
        }
    }

    @Override
    protected void finish() throws IOException {
        Head waiting = head;
        if (waiting != null) {
            byte[] ours = ResultLinks.ours(held.toByteArray(), batches);
            release(waiting, ours, ours.length);
        }
    }

    private void release(Head waiting, byte[] body, long length) throws IOException {
        head = null;
        held.reset();
        client.head(waiting.status, waiting.headers, length);
        client.write(body, 0, body.length);
    }
}
