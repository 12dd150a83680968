package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.port.UpstreamException;

/** Writes one stream to a client, as server-sent events unless it says otherwise; whole ones only. One thread. */
public interface StreamWriter {
    /** @throws UpstreamException where the event cannot be told in this dialect after those before it */
    void write(StreamEvent event, JsonOut out) throws UpstreamException;

    /** The stream's Content-Type. */
    default String contentType() {
        return "text/event-stream; charset=utf-8";
    }

    /**
     * The answer is complete.
     *
     * @throws UpstreamException where it cannot be told in this dialect
     */
    void end(JsonOut out) throws UpstreamException;
}
