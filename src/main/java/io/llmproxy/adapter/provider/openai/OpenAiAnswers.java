package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads and writes whole answers ({@code chat.completion}). */
final class OpenAiAnswers {
    private OpenAiAnswers() {}

    static ChatAnswer read(JsonNode body) throws UpstreamException {
        List<ChatAnswer.Choice> choices = new ArrayList<>();
        for (JsonNode choice : body.path("choices")) {
            choices.add(choice(choice));
        }
        if (choices.isEmpty()) {
            throw Unreadable.because("it has no choice with a message");
        }
        return ChatAnswer.of(
                Json.text(body, "id", ""), Json.text(body, "model", ""), choices, OpenAiUsage.read(body.path("usage")));
    }

    private static ChatAnswer.Choice choice(JsonNode choice) throws UpstreamException {
        JsonNode message = choice.path("message");
        if (!message.isObject()) {
            throw Unreadable.because("it has no choice with a message");
        }
        List<Content> content = new ArrayList<>();
        thoughts(message, content);
        texts(message.path("content"), content);
        String refusal = Json.text(message, "refusal");
        if (refusal != null && !refusal.isEmpty()) {
            content.add(new Content.Refusal(refusal));
        }
        boolean calls = calls(message.path("tool_calls"), content);
        FinishReason finish = OpenAiFinish.read(Json.text(choice, "finish_reason", "stop"));
        return new ChatAnswer.Choice(
                content,
                // some servers say stop where a tool that was demanded is called
                calls && finish == FinishReason.STOP ? FinishReason.TOOL_CALLS : finish,
                OpenAiProbabilities.read(choice.path("logprobs").path("content")));
    }

    private static void thoughts(JsonNode message, List<Content> content) {
        for (JsonNode detail : message.path("reasoning_details")) {
            String type = Json.text(detail, "type", "");
            String data = Json.text(detail, "data");
            String text = Json.text(detail, "text");
            if (type.equals("reasoning.encrypted") && data != null) {
                content.add(new Content.RedactedThinking(data));
            } else if (type.equals("reasoning.text") && text != null) {
                content.add(new Content.Thinking(text, Json.text(detail, "signature")));
            }
        }
        String plain = thought(message);
        if (content.isEmpty() && plain != null && !plain.isEmpty()) {
            content.add(new Content.Thinking(plain, null));
        }
    }

    /** Under the name that DeepSeek, vLLM and others use, or OpenRouter's. */
    static @Nullable String thought(JsonNode message) {
        String text = Json.text(message, "reasoning_content");
        return text == null ? Json.text(message, "reasoning") : text;
    }

    private static void texts(JsonNode value, List<Content> content) {
        String text = value.stringValue(null);
        if (text != null) {
            if (!text.isEmpty()) {
                content.add(new Content.Text(text));
            }
            return;
        }
        for (JsonNode part : value) {
            String piece = Json.text(part, "text");
            String thinking = thinking(part);
            if (!thinking.isEmpty()) {
                content.add(new Content.Thinking(thinking, null));
            } else if (piece != null) {
                content.add(new Content.Text(piece));
            }
        }
    }

    /** What a part of Mistral's thinks; empty: it is none of thoughts. */
    static String thinking(JsonNode part) {
        if (!Json.text(part, "type", "").equals("thinking")) {
            return "";
        }
        StringBuilder text = new StringBuilder(part.path("thinking").stringValue(""));
        for (JsonNode piece : part.path("thinking")) {
            text.append(Json.text(piece, "text", ""));
        }
        return text.toString();
    }

    private static boolean calls(JsonNode calls, List<Content> content) throws UpstreamException {
        for (JsonNode call : calls) {
            JsonNode function = call.path("function");
            String name = Json.text(function, "name");
            if (name == null) {
                throw Unreadable.because("a tool call names no function");
            }
            content.add(new Content.ToolCall(id(call), name, Json.text(function, "arguments", "")));
        }
        return !calls.isEmpty();
    }

    /** Some servers leave it out, and clients cannot do without. */
    static String id(JsonNode call) {
        String id = Json.text(call, "id");
        return id == null || id.isEmpty()
                ? "call_" + Ids.random().toString().replace("-", "").substring(0, 24)
                : id;
    }

    static byte[] write(ChatAnswer answer, long created) {
        JsonOut out = new JsonOut();
        out.open().member("id", answer.id()).member("object", "chat.completion");
        out.member("created", created).member("model", answer.model());
        out.name("choices").openList();
        int index = 0;
        for (ChatAnswer.Choice choice : answer.choices()) {
            out.open().member("index", index++);
            message(out, choice.content());
            OpenAiProbabilities.choice(out, choice.probabilities());
            out.member("finish_reason", OpenAiFinish.word(choice.finish())).close();
        }
        out.closeList();
        if (answer.usage().source() != TokenUsage.Source.NONE) {
            OpenAiUsage.write(out.name("usage"), answer.usage());
        }
        return out.close().take();
    }

    private static void message(JsonOut out, List<Content> content) {
        StringBuilder text = new StringBuilder();
        StringBuilder thinking = new StringBuilder();
        List<Content> thoughts = new ArrayList<>();
        List<Content.ToolCall> calls = new ArrayList<>();
        String refusal = null;
        for (Content piece : content) {
            switch (piece) {
                case Content.Text(String some, var _) -> text.append(some);
                case Content.Thinking(String some, var _) -> {
                    thinking.append(some);
                    thoughts.add(piece);
                }
                case Content.RedactedThinking _ -> thoughts.add(piece);
                case Content.ToolCall call -> calls.add(call);
                case Content.Refusal(String some) -> refusal = some;
                case Content.Image _, Content.File _, Content.Audio _, Content.ToolResult _ -> {}
            }
        }
        out.name("message").open().member("role", "assistant").name("content");
        if (text.isEmpty()) {
            out.nothing();
        } else {
            out.text(text.toString());
        }
        if (refusal == null) {
            out.name("refusal").nothing();
        } else {
            out.member("refusal", refusal);
        }
        if (!thinking.isEmpty()) {
            out.member("reasoning_content", thinking.toString());
        }
        if (!thoughts.isEmpty()) {
            out.name("reasoning_details").openList();
            thoughts.forEach(thought -> OpenAiThoughts.write(out, thought));
            out.closeList();
        }
        if (!calls.isEmpty()) {
            out.name("tool_calls").openList();
            calls.forEach(call -> OpenAiThoughts.call(out, call));
            out.closeList();
        }
        out.close();
    }
}
