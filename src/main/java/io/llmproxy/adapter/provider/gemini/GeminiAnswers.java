package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.SignedCallId;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads answers ({@code GenerateContentResponse}); those of a stream have the same form. */
final class GeminiAnswers {
    private GeminiAnswers() {}

    /** @param model that was asked, whose signatures of calls are kept in their ids; null: they are not */
    static ChatAnswer read(JsonNode body, @Nullable String model) throws UpstreamException {
        boolean blocked = blocked(body);
        List<ChatAnswer.Choice> choices = new ArrayList<>();
        for (JsonNode candidate : body.path("candidates")) {
            choices.add(choice(candidate, blocked, model));
        }
        if (choices.isEmpty()) {
            if (!blocked) {
                throw Unreadable.because("it has no candidate");
            }
            choices.add(new ChatAnswer.Choice(List.of(), FinishReason.REFUSED, List.of()));
        }
        return ChatAnswer.of(
                Json.text(body, "responseId", ""),
                Json.text(body, "modelVersion", ""),
                choices,
                usage(body.path("usageMetadata")));
    }

    private static ChatAnswer.Choice choice(JsonNode candidate, boolean blocked, @Nullable String model)
            throws UpstreamException {
        if (!candidate.isObject()) {
            throw Unreadable.because("it has no candidate");
        }
        List<Content> content = new ArrayList<>();
        boolean called = false;
        for (JsonNode part : candidate.path("content").path("parts")) {
            Content piece = part(part, model);
            if (piece != null) {
                content.add(piece);
                called |= piece instanceof Content.ToolCall;
            }
        }
        FinishReason finish = blocked ? FinishReason.REFUSED : finish(Json.text(candidate, "finishReason", "STOP"));
        return new ChatAnswer.Choice(
                content,
                called && finish == FinishReason.STOP ? FinishReason.TOOL_CALLS : finish,
                GeminiProbabilities.read(candidate));
    }

    /** Whether the prompt itself was refused, so that there is no answer. */
    static boolean blocked(JsonNode body) {
        return body.path("promptFeedback").path("blockReason").isString();
    }

    /** Null where it is of a kind that is not known. */
    static @Nullable Content part(JsonNode part, @Nullable String model) throws UpstreamException {
        String text = Json.text(part, "text");
        if (text != null) {
            boolean thought = part.path("thought").asBoolean(false);
            return text.isEmpty() ? null : thought ? new Content.Thinking(text, null) : new Content.Text(text);
        }
        JsonNode call = part.path("functionCall");
        if (!call.isObject()) {
            return null;
        }
        String name = Json.text(call, "name");
        JsonNode arguments = call.path("args");
        if (name == null || !(arguments.isObject() || arguments.isMissingNode() || arguments.isNull())) {
            throw Unreadable.because("a function call lacks its name or its arguments");
        }
        String signature = Json.text(part, "thoughtSignature");
        String id = model == null || signature == null ? id(call) : signed(call, model, signature);
        return new Content.ToolCall(id, name, arguments.isObject() ? arguments.toString() : "{}");
    }

    /** The API gives none as a rule, and clients cannot do without. */
    private static String id(JsonNode call) {
        String id = Json.text(call, "id");
        return id == null || id.isEmpty() ? made() : id;
    }

    private static String made() {
        return "call_" + Ids.random().toString().replace("-", "").substring(0, 24);
    }

    /** The signature of a call has no place of its own with clients; its id comes back from all of them. */
    private static String signed(JsonNode call, String model, String signature) {
        String id = id(call);
        return SignedCallId.of(SignedCallId.carries(id) ? id : made(), model, signature);
    }

    static FinishReason finish(String word) {
        return switch (word) {
            case "MAX_TOKENS" -> FinishReason.LENGTH;
            case "SAFETY",
                    "RECITATION",
                    "BLOCKLIST",
                    "PROHIBITED_CONTENT",
                    "SPII",
                    "LANGUAGE",
                    "IMAGE_SAFETY",
                    "IMAGE_PROHIBITED_CONTENT",
                    "IMAGE_RECITATION" -> FinishReason.REFUSED;
            default -> FinishReason.STOP;
        };
    }

    /** Thoughts are counted beside what was answered, results of the API's own tools beside the prompt. */
    static TokenUsage usage(JsonNode usage) {
        long prompt = Json.count(usage, "promptTokenCount");
        long answer = Json.count(usage, "candidatesTokenCount");
        if (prompt < 0 && answer < 0) {
            return TokenUsage.NONE;
        }
        long thoughts = Math.max(0, Json.count(usage, "thoughtsTokenCount"));
        long whole = Math.max(0, prompt) + Math.max(0, Json.count(usage, "toolUsePromptTokenCount"));
        return new TokenUsage(
                whole,
                Math.max(0, answer) + thoughts,
                Math.clamp(Json.count(usage, "cachedContentTokenCount"), 0, whole),
                0,
                thoughts,
                0,
                0,
                TokenUsage.Source.PROVIDER);
    }
}
