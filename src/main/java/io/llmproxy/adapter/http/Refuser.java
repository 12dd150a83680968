package io.llmproxy.adapter.http;

import io.helidon.common.buffers.DataWriter;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.ProxyError;
import java.time.InstantSource;

/** Answers what never becomes a request of the gateway; the connection ends with it. */
record Refuser(ErrorRenderer renderer, InstantSource clock) {
    void refuse(DataWriter out, Dialect dialect, boolean headRequest, ProxyError error) {
        new Http1Sink(out, renderer, dialect, headRequest, false, () -> true).fail(error, ownHeaders());
    }

    /** An answer that no gateway gave has an id of its own all the same. */
    HeaderFields ownHeaders() {
        return HeaderFields.of("x-request-id", Ids.next(clock.instant()).toString(), "via", "1.1 llmproxy");
    }
}
