package io.llmproxy.domain.chat;

import io.llmproxy.domain.usage.TokenUsage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of an answer that comes bit by bit; {@link Started} is the first, {@link Finished} comes once for each choice, after all its content. */
public sealed interface StreamEvent {
    /** @param usage as far as it is known by now */
    record Started(String id, String model, TokenUsage usage) implements StreamEvent {}

    /**
     * What follows is of this choice; of the first, as long as nothing else is said.
     *
     * @param index from 0, below the number of choices that were asked for
     */
    record Choice(int index) implements StreamEvent {}

    record Text(String piece) implements StreamEvent {}

    record Refusal(String piece) implements StreamEvent {}

    record Thinking(String piece) implements StreamEvent {}

    /** The thoughts so far are complete. */
    record ThinkingSigned(String signature) implements StreamEvent {}

    record RedactedThinking(String data) implements StreamEvent {}

    /** @param index of the call among the answer's calls, from 0 */
    record ToolCallStarted(int index, String id, String name) implements StreamEvent {}

    record ToolCallArguments(int index, String piece) implements StreamEvent {}

    /** Of the present choice. */
    record Finished(FinishReason reason, @Nullable String stopSequence) implements StreamEvent {}

    /** How likely the tokens of the text were that comes next, or of one that came. */
    record Probabilities(List<TokenProbability> tokens) implements StreamEvent {
        public Probabilities {
            tokens = List.copyOf(tokens);
        }
    }

    /** What is known of the usage now; takes the place of what was told before. */
    record Usage(TokenUsage usage) implements StreamEvent {}

    /** The provider gave up; nothing follows. */
    record Failed(ProviderFailure failure) implements StreamEvent {}
}
