package io.llmproxy.domain.chat;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks a model.
 *
 * @param maxTokens the bound of the answer, thoughts included; null: none is named
 * @param choices how many answers
 * @param topLogprobs for how many of the likeliest tokens the probabilities are told; null: for none
 * @param parallelToolCalls whether several tools may be called at once; null: not said
 * @param user the client's own name for its user; null: not said
 * @param serviceTier {@code auto}, {@code default} or another of the provider's words; null: not said
 * @param usageInStream whether a stream tells its usage
 * @param thoughtsTold whether the client wants to see what the model thinks
 * @param echo what its answers repeat besides
 */
public record ChatRequest(
        String model,
        List<Message> messages,
        @Nullable Integer maxTokens,
        Sampling sampling,
        int choices,
        @Nullable Integer topLogprobs,
        List<Tool> tools,
        @Nullable ToolChoice toolChoice,
        @Nullable Boolean parallelToolCalls,
        @Nullable ResponseFormat format,
        @Nullable Reasoning reasoning,
        @Nullable String user,
        @Nullable String serviceTier,
        boolean stream,
        boolean usageInStream,
        boolean thoughtsTold,
        Echo echo) {
    /** More answers than anybody gives at a time. */
    public static final int MOST_CHOICES = 128;

    /**
     * What the answers of a client's dialect repeat of its request, and no provider is asked.
     *
     * @param instructions the text that stands before the conversation, of which it is the first message too; null: none
     * @param metadata an object of the client's own; null: none
     */
    public record Echo(
            @Nullable String instructions, @Nullable JsonText metadata) {
        /** Of dialects that repeat nothing. */
        public static final Echo NONE = new Echo(null, null);
    }

    public ChatRequest {
        messages = List.copyOf(messages);
        tools = List.copyOf(tools);
    }

    /** The same with another conversation. */
    public ChatRequest withMessages(List<Message> others) {
        return new ChatRequest(
                model,
                others,
                maxTokens,
                sampling,
                choices,
                topLogprobs,
                tools,
                toolChoice,
                parallelToolCalls,
                format,
                reasoning,
                user,
                serviceTier,
                stream,
                usageInStream,
                thoughtsTold,
                echo);
    }
}
