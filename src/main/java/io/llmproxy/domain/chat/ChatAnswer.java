package io.llmproxy.domain.chat;

import io.llmproxy.domain.usage.TokenUsage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole answer.
 *
 * @param id the provider's
 * @param stopSequence which one ended it; null: none, or the provider does not tell
 * @param usage its source is {@code NONE} where the provider told nothing plausible
 */
public record ChatAnswer(
        String id,
        String model,
        List<Content> content,
        FinishReason finish,
        @Nullable String stopSequence,
        TokenUsage usage) {
    public ChatAnswer {
        content = List.copyOf(content);
    }
}
