package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.DelegatingSink;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.idempotency.Run;
import java.io.IOException;
import java.util.Locale;
import java.util.UUID;

/** Tells a run what goes to the client that leads it, and goes on without that client while others follow. */
final class LeadingSink extends DelegatingSink {
    /** Says that an answer will not be given a second time. */
    static final String UNRECORDED = "x-llmproxy-idempotency";

    private final Run run;
    private final UUID requestId;
    // written under the lock of whoever writes: the relay, or a comment on a silent stream
    private volatile boolean lost;
    private boolean plainEvents;

    LeadingSink(Run run, ResponseSink client, UUID requestId) {
        super(client);
        this.run = run;
        this.requestId = requestId;
    }

    /** Whether the client left while others followed. */
    boolean clientLost() {
        return lost;
    }

    /** Whether the answer is an event stream without a content coding. */
    boolean plainEvents() {
        return plainEvents;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        plainEvents = !headers.contains("content-encoding")
                && headers.first("content-type")
                        .orElse("")
                        .toLowerCase(Locale.ROOT)
                        .startsWith("text/event-stream");
        if (!run.head(new Run.Head(status, Replay.kept(headers, requestId), contentLength))) {
            headers.set(UNRECORDED, "too-large");
        }
        toClient(() -> client.head(status, headers, contentLength));
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        run.body(bytes, offset, length);
        toClient(() -> client.write(bytes, offset, length));
    }

    @Override
    public void flush() throws IOException {
        toClient(client::flush);
    }

    private void toClient(Sending sending) throws IOException {
        if (lost) {
            if (!run.followed()) {
                throw new IOException("the client has gone, and so have those who followed it");
            }
            return;
        }
        try {
            sending.send();
        } catch (IOException e) {
            if (!run.followed()) {
                throw e;
            }
            lost = true;
        }
    }

    /** A write to the client. */
    private interface Sending {
        void send() throws IOException;
    }
}
