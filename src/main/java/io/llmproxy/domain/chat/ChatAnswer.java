package io.llmproxy.domain.chat;

import io.llmproxy.domain.usage.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A whole answer.
 *
 * @param id the provider's
 * @param stopSequence which one ended it; null: none, or the provider does not tell
 * @param usage of all choices; its source is {@code NONE} where the provider told nothing plausible
 * @param probabilities of its tokens; none where they were not asked for
 * @param others the further choices, where several were asked for
 */
public record ChatAnswer(
        String id,
        String model,
        List<Content> content,
        FinishReason finish,
        @Nullable String stopSequence,
        TokenUsage usage,
        List<TokenProbability> probabilities,
        List<Choice> others) {
    public ChatAnswer {
        content = List.copyOf(content);
        probabilities = List.copyOf(probabilities);
        others = List.copyOf(others);
    }

    /** The only choice, without probabilities. */
    public ChatAnswer(
            String id,
            String model,
            List<Content> content,
            FinishReason finish,
            @Nullable String stopSequence,
            TokenUsage usage) {
        this(id, model, content, finish, stopSequence, usage, List.of(), List.of());
    }

    /** One of several choices. */
    public record Choice(List<Content> content, FinishReason finish, List<TokenProbability> probabilities) {
        public Choice {
            content = List.copyOf(content);
            probabilities = List.copyOf(probabilities);
        }
    }

    /** Of some choices the first with what is said of all. */
    public static ChatAnswer of(String id, String model, List<Choice> choices, TokenUsage usage) {
        Choice first = choices.getFirst();
        List<Choice> others = choices.subList(1, choices.size());
        return new ChatAnswer(id, model, first.content, first.finish, null, usage, first.probabilities, others);
    }

    /** All choices, this one first. */
    public List<Choice> choices() {
        List<Choice> all = new ArrayList<>(others.size() + 1);
        all.add(new Choice(content, finish, probabilities));
        all.addAll(others);
        return all;
    }

    /** The same of another model. */
    public ChatAnswer of(String otherModel) {
        return new ChatAnswer(id, otherModel, content, finish, stopSequence, usage, probabilities, others);
    }
}
