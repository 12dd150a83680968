package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What answers and streams to clients have in common: parts, signatures, finish reasons, usage. A signature is bytes there and a text
 * elsewhere, so that it goes as the bytes of the text; thoughts that only their provider can read go as a signature alone.
 */
final class GeminiParts {
    private static final String REDACTED = "redacted:";

    private GeminiParts() {}

    static void text(JsonOut out, String text) {
        out.open().member("text", text).close();
    }

    static void thought(JsonOut out, String text, @Nullable String signature) {
        out.open().member("text", text).member("thought", true);
        if (signature != null && !signature.isEmpty()) {
            out.member("thoughtSignature", encoded(signature));
        }
        out.close();
    }

    static void redacted(JsonOut out, String data) {
        thought(out, "", REDACTED + data);
    }

    /** @throws UpstreamException where the arguments are no object, unless the answer's bound cut them off */
    static void call(JsonOut out, Content.ToolCall call, FinishReason finish) throws UpstreamException {
        out.open().name("functionCall").open().member("id", call.id()).member("name", call.name());
        out.member("args", arguments(call.arguments(), finish)).close().close();
    }

    private static JsonText arguments(String text, FinishReason finish) throws UpstreamException {
        JsonNode arguments = Json.parse(text.getBytes(StandardCharsets.UTF_8));
        if (arguments.isObject()) {
            return new JsonText(arguments.toString());
        }
        if (text.isBlank() || finish == FinishReason.LENGTH) {
            return JsonText.EMPTY_OBJECT;
        }
        throw Unreadable.because("the arguments of a tool call are no JSON object");
    }

    /** Any piece of an answer; what no answer has is left out. */
    static void write(JsonOut out, Content content, FinishReason finish) throws UpstreamException {
        switch (content) {
            case Content.Text(String text, var _) -> text(out, text);
            case Content.Refusal(String text) -> text(out, text);
            case Content.Thinking(String text, var signature) -> thought(out, text, signature);
            case Content.RedactedThinking(String data) -> redacted(out, data);
            case Content.ToolCall call -> call(out, call, finish);
            case Content.Image _, Content.File _, Content.Audio _, Content.ToolResult _ -> {}
        }
    }

    /** Whether it is for those alone who asked to be told the thoughts. */
    static boolean thought(Content content) {
        return content instanceof Content.Thinking || content instanceof Content.RedactedThinking;
    }

    private static String encoded(String signature) {
        return Base64.getEncoder().encodeToString(signature.getBytes(StandardCharsets.UTF_8));
    }

    /** What a client sends back of an earlier answer's thoughts. */
    static Content thought(String text, @Nullable String signature) {
        String known = signature == null ? null : decoded(signature);
        if (known != null && known.startsWith(REDACTED)) {
            return new Content.RedactedThinking(known.substring(REDACTED.length()));
        }
        return new Content.Thinking(text, known);
    }

    /** Null where it was not written here, but by a model of this API: those sign with bytes that are no text. */
    private static @Nullable String decoded(String signature) {
        try {
            // clients write bytes in either alphabet
            byte[] bytes =
                    Base64.getDecoder().decode(signature.replace('-', '+').replace('_', '/'));
            String known = new String(bytes, StandardCharsets.ISO_8859_1);
            return known.chars().allMatch(c -> c > ' ' && c <= '~') ? known : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    static String word(FinishReason reason) {
        return switch (reason) {
            case STOP, STOP_SEQUENCE, TOOL_CALLS -> "STOP";
            case LENGTH -> "MAX_TOKENS";
            case REFUSED -> "SAFETY";
        };
    }

    /** As a value. Thoughts stand beside what was answered. */
    static void usage(JsonOut out, TokenUsage usage) {
        long thoughts = Math.min(usage.reasoning(), usage.output());
        out.open().member("promptTokenCount", usage.input());
        if (usage.cachedInput() > 0) {
            out.member("cachedContentTokenCount", usage.cachedInput());
        }
        out.member("candidatesTokenCount", usage.output() - thoughts);
        if (thoughts > 0) {
            out.member("thoughtsTokenCount", thoughts);
        }
        out.member("totalTokenCount", usage.total()).close();
    }
}
