package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.gateway.ResponseSink;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells the client what its answer cost. That is known when the answer is whole, so a short one of known length is held, its head
 * too, until {@link #settled}; a chunked one has it as a trailer, and one that is long or of another kind goes without. A cost that
 * is not all known is not told.
 */
final class CostSink implements ResponseSink {
    static final String HEADER = "x-llmproxy-cost";
    static final int MAX_HELD = 64 * 1024;
    private static final byte[] NOTHING = {};

    private final ResponseSink client;
    private @Nullable HeaderFields heldHead;
    private int status;
    private long length;
    private byte[] held = NOTHING;
    private int filled;
    private @Nullable String cost;

    CostSink(ResponseSink client) {
        this.client = client;
    }

    /** The account is closed: what it says comes with what is still to be sent. */
    void settled(Cost whole) {
        cost = whole.state() == Cost.State.PRICED ? whole.usd() : null;
    }

    @Override
    public void head(int newStatus, HeaderFields headers, long contentLength) throws IOException {
        if (contentLength < 0 || contentLength > MAX_HELD || events(headers)) {
            client.head(newStatus, headers, contentLength);
            return;
        }
        heldHead = headers;
        status = newStatus;
        length = contentLength;
    }

    private static boolean events(HeaderFields headers) {
        return headers.first("content-type")
                .filter(type -> type.toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .isPresent();
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        if (heldHead != null && filled + count > length) {
            release(); // longer than it said: whoever sends it will refuse the rest
        }
        if (heldHead == null) {
            client.write(bytes, offset, count);
            return;
        }
        if (held.length == 0) {
            held = new byte[(int) length];
        }
        System.arraycopy(bytes, offset, held, filled, count);
        filled += count;
    }

    private void release() throws IOException {
        HeaderFields headers = heldHead;
        if (headers == null) {
            return;
        }
        heldHead = null;
        if (cost != null) {
            headers.set(HEADER, cost);
        }
        client.head(status, headers, length);
        int count = filled;
        filled = 0;
        if (count > 0) {
            client.write(held, 0, count);
        }
    }

    @Override
    public void flush() throws IOException {
        if (heldHead == null) {
            client.flush();
        }
    }

    @Override
    public void end(HeaderFields trailers) throws IOException {
        if (heldHead != null) {
            release();
            client.end(trailers);
        } else {
            client.end(cost == null ? trailers : withCost(trailers, cost));
        }
    }

    private static HeaderFields withCost(HeaderFields trailers, String cost) {
        HeaderFields all = new HeaderFields();
        trailers.forEach(all::add);
        return all.set(HEADER, cost);
    }

    @Override
    public void fail(ProxyError error, HeaderFields headers) {
        heldHead = null; // the client has seen nothing of it
        filled = 0;
        client.fail(error, headers);
    }

    @Override
    public boolean started() {
        return heldHead == null && client.started();
    }

    @Override
    public long bytesWritten() {
        return client.bytesWritten() + filled;
    }
}
