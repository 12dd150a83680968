package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.port.UpstreamException;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** Reads one stream of a provider, event by event. One thread. */
public interface StreamReader {
    /**
     * @return whether the answer is complete with this event
     * @throws UpstreamException where the event cannot be, or not now
     */
    boolean read(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException;

    /** Whether the stream may end here, though nothing said that the answer is complete. */
    boolean mayEnd();
}
