package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads whole answers and errors. */
final class BedrockAnswers {
    private static final int MODEL_ERROR = 424;
    private static final int BAD_GATEWAY = 502;

    private BedrockAnswers() {}

    static ChatAnswer read(JsonNode body) throws UpstreamException {
        JsonNode message = body.path("output").path("message");
        if (!message.isObject()) {
            throw Unreadable.because("it has no message");
        }
        List<Content> content = new ArrayList<>();
        for (JsonNode block : message.path("content")) {
            Content piece = block(block);
            if (piece != null) {
                content.add(piece);
            }
        }
        return new ChatAnswer(
                id(), "", content, finish(Json.text(body, "stopReason", "end_turn")), null, usage(body.path("usage")));
    }

    /** The API gives answers none. */
    static String id() {
        return "bedrock-" + Ids.random().toString().replace("-", "").substring(0, 24);
    }

    /** Null where it is of a kind that is not known. */
    private static @Nullable Content block(JsonNode block) throws UpstreamException {
        String text = Json.text(block, "text");
        if (text != null) {
            return text.isEmpty() ? null : new Content.Text(text);
        }
        JsonNode thought = block.path("reasoningContent");
        String redacted = Json.text(thought, "redactedContent");
        if (redacted != null) {
            return new Content.RedactedThinking(redacted);
        }
        String thinking = Json.text(thought.path("reasoningText"), "text");
        if (thinking != null) {
            return new Content.Thinking(thinking, Json.text(thought.path("reasoningText"), "signature"));
        }
        JsonNode call = block.path("toolUse");
        if (!call.isObject()) {
            return null;
        }
        String id = Json.text(call, "toolUseId");
        String name = Json.text(call, "name");
        JsonNode input = call.path("input");
        if (id == null || name == null || !(input.isObject() || input.isMissingNode())) {
            throw Unreadable.because("a tool call lacks its id, its name or its input");
        }
        return new Content.ToolCall(id, name, input.isObject() ? input.toString() : "{}");
    }

    static FinishReason finish(String reason) {
        return switch (reason) {
            case "tool_use" -> FinishReason.TOOL_CALLS;
            case "max_tokens", "model_context_window_exceeded" -> FinishReason.LENGTH;
            case "stop_sequence" -> FinishReason.STOP_SEQUENCE;
            case "guardrail_intervened", "content_filtered" -> FinishReason.REFUSED;
            default -> FinishReason.STOP;
        };
    }

    /** What a cache read or wrote is counted beside the input, and within the total. */
    static TokenUsage usage(JsonNode usage) {
        long input = Json.count(usage, "inputTokens");
        long output = Json.count(usage, "outputTokens");
        if (input < 0 && output < 0) {
            return TokenUsage.NONE;
        }
        long read = Math.max(0, Json.count(usage, "cacheReadInputTokens"));
        long written = Math.max(0, Json.count(usage, "cacheWriteInputTokens"));
        return new TokenUsage(
                Math.max(0, input) + read + written,
                Math.max(0, output),
                read,
                written,
                0,
                0,
                0,
                TokenUsage.Source.PROVIDER);
    }

    static ProviderFailure readFailure(int status, JsonNode body) {
        String message = Json.text(body, "message", Json.text(body, "Message", "The provider gave no reason."));
        // the model failed, which is no fault of the request
        return new ProviderFailure(status == MODEL_ERROR ? BAD_GATEWAY : status, null, message, null, null);
    }
}
