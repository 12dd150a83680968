package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.openai.OpenAiProbabilities;
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
import tools.jackson.databind.JsonNode;

/** Reads answers; the pieces of a stream have the same form. */
final class OllamaAnswers {
    private OllamaAnswers() {}

    static ChatAnswer read(JsonNode body) throws UpstreamException {
        JsonNode message = body.path("message");
        if (!message.isObject()) {
            throw Unreadable.because("it has no message");
        }
        if (!body.path("done").asBoolean(false)) {
            throw Unreadable.because("it is not done");
        }
        List<Content> content = new ArrayList<>();
        String thinking = Json.text(message, "thinking", "");
        if (!thinking.isEmpty()) {
            content.add(new Content.Thinking(thinking, null));
        }
        String text = Json.text(message, "content", "");
        if (!text.isEmpty()) {
            content.add(new Content.Text(text));
        }
        List<Content.ToolCall> calls = calls(message);
        content.addAll(calls);
        return new ChatAnswer(
                id(),
                Json.text(body, "model", ""),
                content,
                finish(body, !calls.isEmpty()),
                null,
                usage(body),
                OpenAiProbabilities.read(body.path("logprobs")),
                List.of());
    }

    /** The API gives answers none. */
    static String id() {
        return "ollama-" + Ids.random().toString().replace("-", "").substring(0, 24);
    }

    static List<Content.ToolCall> calls(JsonNode message) throws UpstreamException {
        List<Content.ToolCall> calls = new ArrayList<>();
        for (JsonNode call : message.path("tool_calls")) {
            JsonNode function = call.path("function");
            String name = Json.text(function, "name");
            JsonNode arguments = function.path("arguments");
            boolean none = arguments.isMissingNode() || arguments.isNull();
            if (name == null || !(none || arguments.isObject())) {
                throw Unreadable.because("a tool call names no function, or its arguments are no object");
            }
            calls.add(new Content.ToolCall(callId(call), name, none ? "{}" : arguments.toString()));
        }
        return calls;
    }

    /** Older servers give none, and clients cannot do without. */
    private static String callId(JsonNode call) {
        String id = Json.text(call, "id", "");
        return id.isEmpty() ? "call_" + Ids.random().toString().replace("-", "").substring(0, 24) : id;
    }

    static FinishReason finish(JsonNode body, boolean called) {
        return switch (Json.text(body, "done_reason", "stop")) {
            case "length" -> FinishReason.LENGTH;
            default -> called ? FinishReason.TOOL_CALLS : FinishReason.STOP;
        };
    }

    /** A prompt that was in memory already is not counted by older servers. */
    static TokenUsage usage(JsonNode body) {
        long input = Json.count(body, "prompt_eval_count");
        long output = Json.count(body, "eval_count");
        if (input < 0 && output < 0) {
            return TokenUsage.NONE;
        }
        return new TokenUsage(Math.max(0, input), Math.max(0, output), 0, 0, 0, 0, 0, TokenUsage.Source.PROVIDER);
    }

    static ProviderFailure readFailure(int status, JsonNode body) {
        return new ProviderFailure(status, null, Json.text(body, "error", "The provider gave no reason."), null, null);
    }
}
