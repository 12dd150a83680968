package io.llmproxy.domain.chat;

import io.llmproxy.domain.usage.TokenUsage;
import java.util.ArrayList;
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

    /** The answers to the parts of one request as one. */
    public static EmbeddingAnswer of(List<EmbeddingAnswer> parts) {
        List<List<Float>> vectors = new ArrayList<>();
        long tokens = 0;
        boolean told = true;
        for (EmbeddingAnswer part : parts) {
            vectors.addAll(part.vectors);
            tokens += part.usage.input();
            told &= part.usage.source() != TokenUsage.Source.NONE;
        }
        return new EmbeddingAnswer(parts.getFirst().model, vectors, told ? TokenUsage.of(tokens, 0) : TokenUsage.NONE);
    }
}
