package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads and writes whole answers ({@code message}). */
final class AnthropicAnswers {
    private AnthropicAnswers() {}

    static ChatAnswer read(JsonNode body) throws UpstreamException {
        JsonNode blocks = body.path("content");
        if (!blocks.isArray()) {
            throw Unreadable.because("it has no content");
        }
        List<Content> content = new ArrayList<>();
        for (JsonNode block : blocks) {
            Content piece = block(block);
            if (piece != null) {
                content.add(piece);
            }
        }
        return new ChatAnswer(
                Json.text(body, "id", ""),
                Json.text(body, "model", ""),
                content,
                AnthropicFinish.read(Json.text(body, "stop_reason", "end_turn")),
                Json.text(body, "stop_sequence"),
                AnthropicUsage.read(body.path("usage"), TokenUsage.NONE));
    }

    /** Null where it is of a kind that is not known, as the API's versioning policy wants clients to expect. */
    private static @Nullable Content block(JsonNode block) throws UpstreamException {
        return switch (Json.text(block, "type", "")) {
            case "text" -> new Content.Text(Json.text(block, "text", ""));
            case "thinking" -> new Content.Thinking(Json.text(block, "thinking", ""), Json.text(block, "signature"));
            case "redacted_thinking" -> new Content.RedactedThinking(Json.text(block, "data", ""));
            case "tool_use" -> call(block);
            default -> null;
        };
    }

    private static Content call(JsonNode block) throws UpstreamException {
        String id = Json.text(block, "id");
        String name = Json.text(block, "name");
        JsonNode input = block.path("input");
        if (id == null || name == null || !input.isObject()) {
            throw Unreadable.because("a tool call lacks its id, its name or its input");
        }
        return new Content.ToolCall(id, name, input.toString());
    }

    static byte[] write(ChatAnswer answer) throws UpstreamException {
        JsonOut out = new JsonOut();
        out.open().member("id", answer.id()).member("type", "message").member("role", "assistant");
        out.member("model", answer.model()).name("content").openList();
        for (Content content : answer.content()) {
            block(out, content, answer.finish());
        }
        out.closeList().member("stop_reason", AnthropicFinish.word(answer.finish()));
        if (answer.stopSequence() == null) {
            out.name("stop_sequence").nothing();
        } else {
            out.member("stop_sequence", answer.stopSequence());
        }
        AnthropicUsage.write(out.name("usage"), answer.usage());
        return out.close().take();
    }

    private static void block(JsonOut out, Content content, FinishReason finish) throws UpstreamException {
        switch (content) {
            case Content.Text(String text, var _) ->
                out.open().member("type", "text").member("text", text).close();
            case Content.Refusal(String text) ->
                out.open().member("type", "text").member("text", text).close();
            case Content.Thinking(String text, var signature) ->
                out.open()
                        .member("type", "thinking")
                        .member("thinking", text)
                        .member("signature", signature == null ? "" : signature)
                        .close();
            case Content.RedactedThinking(String data) ->
                out.open()
                        .member("type", "redacted_thinking")
                        .member("data", data)
                        .close();
            case Content.ToolCall call -> {
                out.open().member("type", "tool_use").member("id", call.id()).member("name", call.name());
                out.member("input", input(call.arguments(), finish)).close();
            }
            case Content.Image _, Content.File _, Content.Audio _, Content.ToolResult _ -> {}
        }
    }

    /** Arguments that were cut off by the bound of the answer are none: the stop reason says so. */
    private static JsonText input(String arguments, FinishReason finish) throws UpstreamException {
        if (arguments.isBlank()) {
            return JsonText.EMPTY_OBJECT;
        }
        JsonNode input = Json.parse(arguments.getBytes(StandardCharsets.UTF_8));
        if (input.isObject()) {
            return new JsonText(input.toString());
        }
        if (finish == FinishReason.LENGTH) {
            return JsonText.EMPTY_OBJECT;
        }
        throw Unreadable.because("the arguments of a tool call are no JSON object");
    }
}
