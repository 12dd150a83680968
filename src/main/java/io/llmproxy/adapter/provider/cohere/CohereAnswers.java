package io.llmproxy.adapter.provider.cohere;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads whole answers and errors. Citations are passed over: no client asked for them. */
final class CohereAnswers {
    private static final int INVALID_TOKEN = 498;
    private static final int UNAUTHORIZED = 401;
    private static final int BAD_GATEWAY = 502;

    private CohereAnswers() {}

    static ChatAnswer read(JsonNode body) throws UpstreamException {
        JsonNode message = body.path("message");
        if (!message.isObject()) {
            throw Unreadable.because("it has no message");
        }
        String reason = Json.text(body, "finish_reason", "COMPLETE");
        if (failed(reason)) {
            throw UpstreamException.reported(reason);
        }
        List<Content> content = new ArrayList<>();
        String plan = Json.text(message, "tool_plan", "");
        if (!plan.isEmpty()) {
            content.add(new Content.Text(plan));
        }
        for (JsonNode part : message.path("content")) {
            String thinking = Json.text(part, "thinking", "");
            String text = Json.text(part, "text", "");
            if (!thinking.isEmpty()) {
                content.add(new Content.Thinking(thinking, null));
            } else if (!text.isEmpty()) {
                content.add(new Content.Text(text));
            }
        }
        for (JsonNode call : message.path("tool_calls")) {
            String id = Json.text(call, "id");
            String name = Json.text(call.path("function"), "name");
            if (id == null || name == null) {
                throw Unreadable.because("a tool call lacks its id or its name");
            }
            content.add(new Content.ToolCall(id, name, Json.text(call.path("function"), "arguments", "{}")));
        }
        return new ChatAnswer(
                Json.text(body, "id", ""),
                "",
                content,
                finish(reason),
                null,
                usage(body.path("usage")),
                probabilities(body.path("logprobs")),
                List.of());
    }

    /** A piece of text that is of several tokens is as likely as all of them together; their numbers mean nothing elsewhere. */
    private static List<TokenProbability> probabilities(JsonNode pieces) {
        List<TokenProbability> out = new ArrayList<>(pieces.size());
        for (JsonNode piece : pieces) {
            TokenProbability read = probability(piece);
            if (read != null) {
                out.add(read);
            }
        }
        return out;
    }

    /** Null where it is none. */
    static @Nullable TokenProbability probability(JsonNode piece) {
        String text = Json.text(piece, "text");
        double sum = piece.path("logprobs").isEmpty() ? Double.NaN : 0;
        for (JsonNode logarithm : piece.path("logprobs")) {
            sum += Json.number(logarithm);
        }
        return text == null || !Double.isFinite(sum) ? null : new TokenProbability(text, sum, List.of());
    }

    /** Whether an answer ended since the provider gave up. */
    static boolean failed(String reason) {
        return reason.equals("ERROR") || reason.equals("TIMEOUT");
    }

    static FinishReason finish(String reason) {
        return switch (reason) {
            case "MAX_TOKENS" -> FinishReason.LENGTH;
            case "TOOL_CALL" -> FinishReason.TOOL_CALLS;
            case "STOP_SEQUENCE" -> FinishReason.STOP_SEQUENCE;
            case "ERROR_TOXIC" -> FinishReason.REFUSED;
            default -> FinishReason.STOP;
        };
    }

    /** What is billed, which leaves out what the API itself puts around a conversation; else what was counted. */
    static TokenUsage usage(JsonNode usage) {
        JsonNode billed = usage.path("billed_units");
        JsonNode counted = billed.has("input_tokens") || billed.has("output_tokens") ? billed : usage.path("tokens");
        long input = Json.count(counted, "input_tokens");
        long output = Json.count(counted, "output_tokens");
        if (input < 0 && output < 0) {
            return TokenUsage.NONE;
        }
        long whole = Math.max(0, input);
        return new TokenUsage(
                whole,
                Math.max(0, output),
                Math.clamp(Json.count(usage, "cached_tokens"), 0, whole),
                0,
                0,
                0,
                0,
                TokenUsage.Source.PROVIDER);
    }

    static ProviderFailure readFailure(int status, JsonNode body) {
        String message = Json.text(body, "message", "The provider gave no reason.");
        int known = status == INVALID_TOKEN ? UNAUTHORIZED : status == 0 ? BAD_GATEWAY : status;
        return new ProviderFailure(known, null, message, null, null);
    }
}
