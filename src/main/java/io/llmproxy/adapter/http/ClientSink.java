package io.llmproxy.adapter.http;

import io.llmproxy.gateway.ResponseSink;

/** The sink that lies nearest to the client. */
interface ClientSink extends ResponseSink {
    /** Whether the whole answer has gone out. */
    boolean complete();
}
