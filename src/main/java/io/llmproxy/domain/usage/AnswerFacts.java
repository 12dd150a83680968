package io.llmproxy.domain.usage;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a provider's answer says of itself beside its content.
 *
 * @param id the provider's own id of the answer; null: it tells none
 * @param model what answered; null: it does not say
 * @param finishReasons why it ended, in the provider's words; empty: it does not say
 */
public record AnswerFacts(@Nullable String id, @Nullable String model, List<String> finishReasons) {
    public AnswerFacts {
        finishReasons = List.copyOf(finishReasons);
    }
}
