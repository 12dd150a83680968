package io.llmproxy.adapter.provider.gemini;

import static io.llmproxy.domain.chat.SignedThought.Part.EMPTY;
import static io.llmproxy.domain.chat.SignedThought.Part.TEXT;
import static io.llmproxy.domain.chat.SignedThought.Part.THOUGHT;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.SignedThought;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads answers ({@code GenerateContentResponse}); those of a stream have the same form. */
final class GeminiAnswers {
    private GeminiAnswers() {}

    /** @param signer keeps the signatures; null: they are not kept */
    static ChatAnswer read(JsonNode body, @Nullable GeminiSigner signer) throws UpstreamException {
        boolean blocked = blocked(body);
        List<ChatAnswer.Choice> choices = new ArrayList<>();
        for (JsonNode candidate : body.path("candidates")) {
            choices.add(choice(candidate, blocked, signer));
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

    private static ChatAnswer.Choice choice(JsonNode candidate, boolean blocked, @Nullable GeminiSigner signer)
            throws UpstreamException {
        if (!candidate.isObject()) {
            throw Unreadable.because("it has no candidate");
        }
        List<Content> content = new ArrayList<>();
        for (JsonNode part : candidate.path("content").path("parts")) {
            part(part, signer, content);
        }
        boolean called = content.stream().anyMatch(Content.ToolCall.class::isInstance);
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

    /**
     * Adds what a part says, nothing where it is of a kind that is not known; a signature that is no call's is a thought of its own,
     * behind the text that it is of.
     */
    static void part(JsonNode part, @Nullable GeminiSigner signer, List<Content> to) throws UpstreamException {
        String text = Json.text(part, "text");
        JsonNode call = part.path("functionCall");
        if (text != null) {
            said(text, part, signer, to);
        } else if (call.isObject()) {
            to.add(call(call, Json.text(part, "thoughtSignature"), signer));
        }
    }

    private static void said(String text, JsonNode part, @Nullable GeminiSigner signer, List<Content> to) {
        boolean thought = part.path("thought").asBoolean(false);
        SignedThought.Part signed = thought ? THOUGHT : text.isEmpty() ? EMPTY : TEXT;
        String signature = signer == null ? null : signer.thought(signed, Json.text(part, "thoughtSignature"));
        if (thought) {
            if (!text.isEmpty() || signature != null) {
                to.add(new Content.Thinking(text, signature));
            }
            return;
        }
        if (!text.isEmpty()) {
            to.add(new Content.Text(text));
        }
        if (signature != null) {
            to.add(new Content.Thinking("", signature));
        }
    }

    private static Content call(JsonNode call, @Nullable String signature, @Nullable GeminiSigner signer)
            throws UpstreamException {
        String name = Json.text(call, "name");
        JsonNode arguments = call.path("args");
        if (name == null || !(arguments.isObject() || arguments.isMissingNode() || arguments.isNull())) {
            throw Unreadable.because("a function call lacks its name or its arguments");
        }
        String told = Json.text(call, "id", "");
        String id = told.isEmpty() ? made() : told; // earlier models give none, and clients cannot do without
        // a signature has no place of its own with clients; the id comes back from all of them
        String kept = signer == null || signature == null ? id : signer.call(id, made(), signature);
        return new Content.ToolCall(kept, name, arguments.isObject() ? arguments.toString() : "{}");
    }

    private static String made() {
        return "call_" + Ids.random().toString().replace("-", "").substring(0, 24);
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
