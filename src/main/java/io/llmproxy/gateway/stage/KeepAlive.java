package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.Stage;
import java.time.Duration;

/**
 * Sends a comment (WHATWG HTML, section 9.2.7) to the client of an event stream that has been silent for some time, so that
 * balancers do not cut a model that thinks, and that a client which has died is found.
 */
public final class KeepAlive implements Stage {
    private final boolean off;
    private final SilenceWatch watch;

    /** @param interval how long a stream may be silent; zero: for ever, and streams are the provider's to the byte */
    public KeepAlive(Duration interval) {
        this.off = interval.isZero();
        this.watch = new SilenceWatch(interval);
    }

    @Override
    public void handle(Exchange x, Next next) {
        if (off || x.request().method().equals("HEAD")) {
            next.handle(x);
            return;
        }
        ResponseSink client = x.sink();
        try (KeepAliveSink sink = new KeepAliveSink(client, watch, x::clientLeft)) {
            x.sink(sink);
            next.handle(x);
        } finally {
            x.sink(client);
        }
    }
}
