package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.chat.EmbeddingAnswer;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.port.Provider.UpstreamRequest;
import tools.jackson.databind.JsonNode;

/** How the clients of one API ask for embeddings. Thread-safe. */
public interface EmbeddingClient extends ClientForm {
    /** Whether a POST to a path below {@code /v1} asks for embeddings in this form. */
    boolean asks(String path);

    /**
     * A client's request.
     *
     * @throws io.llmproxy.domain.error.ProxyException where it is malformed, or {@code notes} refuse a part of it
     */
    EmbeddingRequest read(UpstreamRequest asked, JsonNode body, Notes notes);

    /** The answer to it. */
    byte[] write(UpstreamRequest asked, EmbeddingRequest request, EmbeddingAnswer answer);
}
