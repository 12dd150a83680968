package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.adapter.provider.support.chat.ProviderDialect.Place;
import io.llmproxy.domain.chat.EmbeddingAnswer;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.port.UpstreamException;
import tools.jackson.databind.JsonNode;

/** How the providers of one API make embeddings. Thread-safe. */
public interface Embedder {
    /** Where a request goes. */
    Place place(EmbeddingRequest request);

    /** The request as JSON; {@code notes} are told of what it cannot express. */
    byte[] write(EmbeddingRequest request, Notes notes);

    /**
     * @param answer to {@code request}
     * @throws UpstreamException where a provider's answer is not what it must be
     */
    EmbeddingAnswer read(EmbeddingRequest request, JsonNode answer) throws UpstreamException;
}
