package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.adapter.provider.support.chat.ProviderDialect.Place;
import io.llmproxy.domain.chat.EmbeddingAnswer;
import io.llmproxy.domain.chat.EmbeddingRequest;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** How the providers of one API make embeddings. Thread-safe. */
public interface Embedder {
    /** How many texts one request may have; those of a longer one are asked for in several, one after the other. */
    int most(EmbeddingRequest request);

    /** The field of an answer's head that counts the tokens, where its body does not; null: there is none. */
    default @Nullable String tokensField() {
        return null;
    }

    /** Where a request goes. */
    Place place(EmbeddingRequest request);

    /** The request as JSON; {@code notes} are told of what it cannot express. */
    byte[] write(EmbeddingRequest request, ProviderAccount to, Notes notes);

    /**
     * @param answer to {@code request}
     * @throws UpstreamException where a provider's answer is not what it must be
     */
    EmbeddingAnswer read(EmbeddingRequest request, JsonNode answer) throws UpstreamException;
}
