package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.TokenProbability;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The items of a response's output. Thoughts are their own summary; their signature is {@code encrypted_content}, which clients send
 * back as it is.
 */
final class ResponsesItems {
    private static final String REDACTED = "redacted:";

    private ResponsesItems() {}

    static final String COMPLETED = "completed";
    static final String IN_PROGRESS = "in_progress";

    /** Of what the answer's bound or a filter cut off. */
    static final String INCOMPLETE = "incomplete";

    /** Ids are told apart by their kind and their place. */
    static String id(String kind, String response, int index) {
        return id(kind, response) + "_" + index;
    }

    /** A provider's id as one of that kind. */
    static String id(String kind, String response) {
        return kind + "_" + response.replaceFirst("^[a-z]+[_-]", "");
    }

    /** @param signature by which the provider knows its thoughts again, or all of them where only it can read them */
    static void reasoning(JsonOut out, String id, @Nullable String text, @Nullable String signature) {
        out.open().member("id", id).member("type", "reasoning").name("summary").openList();
        if (text != null && !text.isEmpty()) {
            summary(out, text);
        }
        out.closeList();
        if (signature != null && !signature.isEmpty()) {
            out.member("encrypted_content", signature);
        }
        out.close();
    }

    static void summary(JsonOut out, String text) {
        out.open().member("type", "summary_text").member("text", text).close();
    }

    static String redacted(String data) {
        return REDACTED + data;
    }

    /** What was written as reasoning. */
    static Content thought(String text, @Nullable String signature) {
        return signature != null && signature.startsWith(REDACTED)
                ? new Content.RedactedThinking(signature.substring(REDACTED.length()))
                : new Content.Thinking(text, signature);
    }

    /**
     * @param part its only part; null: it has none yet
     * @param tokens how likely those of its text were
     */
    static void message(JsonOut out, String id, String status, @Nullable Content part, List<TokenProbability> tokens) {
        out.open().member("id", id).member("type", "message");
        out.member("status", status).member("role", "assistant");
        out.name("content").openList();
        if (part != null) {
            part(out, part, tokens);
        }
        out.closeList().close();
    }

    static void part(JsonOut out, Content part, List<TokenProbability> tokens) {
        if (part instanceof Content.Refusal(String refusal)) {
            out.open().member("type", "refusal").member("refusal", refusal).close();
        } else if (part instanceof Content.Text(String text, var _)) {
            out.open().member("type", "output_text").member("text", text);
            out.name("annotations").openList().closeList();
            probabilities(out, tokens);
            out.close();
        }
    }

    /** The member that says how likely the tokens were. */
    static void probabilities(JsonOut out, List<TokenProbability> tokens) {
        OpenAiProbabilities.write(out.name("logprobs"), tokens);
    }

    /**
     * Of each item the tokens that are its text's.
     *
     * @param tokens those of all texts, one after the other
     */
    static List<List<TokenProbability>> apportioned(List<Content> items, List<TokenProbability> tokens) {
        List<List<TokenProbability>> out = new ArrayList<>(items.size());
        long texts = items.stream().filter(Content.Text.class::isInstance).count();
        int at = 0;
        for (Content item : items) {
            int from = at;
            if (item instanceof Content.Text(String text, var _)) {
                texts--;
                for (int said = 0; at < tokens.size() && (texts == 0 || said < text.length()); at++) {
                    said += tokens.get(at).token().length();
                }
            }
            out.add(tokens.subList(from, at));
        }
        return out;
    }

    static void call(JsonOut out, String id, String status, Content.ToolCall call) {
        out.open().member("id", id).member("type", "function_call").member("status", status);
        out.member("arguments", call.arguments()).member("call_id", call.id()).member("name", call.name());
        out.close();
    }
}
