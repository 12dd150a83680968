package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.port.UpstreamException;

/** Writes one stream to a client as server-sent events, whole ones only. One thread. */
public interface StreamWriter {
    /** @throws UpstreamException where the event cannot be told in this dialect after those before it */
    void write(StreamEvent event, JsonOut out) throws UpstreamException;

    /** The answer is complete. */
    void end(JsonOut out);
}
