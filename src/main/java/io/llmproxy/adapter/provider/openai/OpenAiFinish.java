package io.llmproxy.adapter.provider.openai;

import io.llmproxy.domain.chat.FinishReason;

/** The words of {@code finish_reason}. */
final class OpenAiFinish {
    private OpenAiFinish() {}

    /** A word that is not known ends the answer all the same. */
    static FinishReason read(String word) {
        return switch (word) {
            case "length" -> FinishReason.LENGTH;
            case "tool_calls", "function_call" -> FinishReason.TOOL_CALLS;
            case "content_filter" -> FinishReason.REFUSED;
            default -> FinishReason.STOP;
        };
    }

    static String word(FinishReason reason) {
        return switch (reason) {
            case STOP, STOP_SEQUENCE -> "stop";
            case LENGTH -> "length";
            case TOOL_CALLS -> "tool_calls";
            case REFUSED -> "content_filter";
        };
    }
}
