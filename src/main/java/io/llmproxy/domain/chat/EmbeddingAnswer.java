package io.llmproxy.domain.chat;

import io.llmproxy.domain.usage.TokenUsage;
import java.util.List;

/**
 * The vectors of some texts, in their order.
 *
 * @param usage its source is {@code NONE} where the provider told nothing plausible
 */
public record EmbeddingAnswer(String model, List<List<Float>> vectors, TokenUsage usage) {
    public EmbeddingAnswer {
        vectors = List.copyOf(vectors);
    }
}
