package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.domain.chat.FinishReason;

/** The words of {@code stop_reason}. */
final class AnthropicFinish {
    private AnthropicFinish() {}

    /** A word that is not known ends the answer all the same. */
    static FinishReason read(String word) {
        return switch (word) {
            case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
            case "tool_use" -> FinishReason.TOOL_CALLS;
            case "stop_sequence" -> FinishReason.STOP_SEQUENCE;
            case "refusal" -> FinishReason.REFUSED;
            default -> FinishReason.STOP;
        };
    }

    static String word(FinishReason reason) {
        return switch (reason) {
            case STOP -> "end_turn";
            case STOP_SEQUENCE -> "stop_sequence";
            case LENGTH -> "max_tokens";
            case TOOL_CALLS -> "tool_use";
            case REFUSED -> "refusal";
        };
    }
}
