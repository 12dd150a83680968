package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads a stream of answers, each with the next parts of one candidate or of several; function calls come whole. Nothing but its end says
 * that it has ended.
 */
final class GeminiStreamReader implements StreamReader {
    private final int choices;
    private final @Nullable GeminiSigner signer;
    private final List<Content> content = new ArrayList<>();
    private final Map<Integer, Choice> begun = new HashMap<>();
    private Choice present = new Choice();
    private boolean started;

    /** What is known of one of the answers. */
    private static final class Choice {
        private boolean finished;
        private int calls;
    }

    /**
     * @param choices how many were asked for; what goes beyond is passed over
     * @param signer keeps the signatures; null: they are not kept
     */
    GeminiStreamReader(int choices, @Nullable GeminiSigner signer) {
        this.choices = choices;
        this.signer = signer;
        begun.put(0, present);
    }

    @Override
    public boolean read(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        if (event.path("error").isObject()) {
            to.accept(new StreamEvent.Failed(GeminiFailures.read(0, event)));
            return false;
        }
        if (!started) {
            started = true;
            to.accept(new StreamEvent.Started(
                    Json.text(event, "responseId", ""), Json.text(event, "modelVersion", ""), TokenUsage.NONE));
        }
        TokenUsage usage = GeminiAnswers.usage(event.path("usageMetadata"));
        if (usage.source() != TokenUsage.Source.NONE) {
            to.accept(new StreamEvent.Usage(usage));
        }
        for (JsonNode candidate : event.path("candidates")) {
            int index = Math.clamp(Json.count(candidate, "index"), 0, Integer.MAX_VALUE);
            if (index < choices) {
                turnTo(index, to);
                candidate(candidate, to);
            }
        }
        if (GeminiAnswers.blocked(event)) {
            finish(FinishReason.REFUSED, to);
        }
        return false;
    }

    private void turnTo(int index, Consumer<StreamEvent> to) {
        Choice next = begun.computeIfAbsent(index, _ -> new Choice());
        if (next != present) {
            present = next;
            to.accept(new StreamEvent.Choice(index));
        }
    }

    private void candidate(JsonNode candidate, Consumer<StreamEvent> to) throws UpstreamException {
        List<TokenProbability> tokens = GeminiProbabilities.read(candidate);
        if (!tokens.isEmpty()) {
            to.accept(new StreamEvent.Probabilities(tokens));
        }
        for (JsonNode part : candidate.path("content").path("parts")) {
            GeminiAnswers.part(part, signer, content);
        }
        for (Content piece : content) {
            piece(piece, to);
        }
        content.clear();
        if (candidate.path("finishReason").isString()) {
            FinishReason reason = GeminiAnswers.finish(Json.text(candidate, "finishReason", ""));
            finish(reason == FinishReason.STOP && present.calls > 0 ? FinishReason.TOOL_CALLS : reason, to);
        }
    }

    private void finish(FinishReason reason, Consumer<StreamEvent> to) {
        if (!present.finished) {
            present.finished = true;
            to.accept(new StreamEvent.Finished(reason, null));
        }
    }

    private void piece(Content piece, Consumer<StreamEvent> to) throws UpstreamException {
        if (present.finished && piece instanceof Content.Thinking(String text, var _) && text.isEmpty()) {
            return; // a signature alone is no part of the answer, which is complete without it
        }
        if (present.finished) {
            throw Unreadable.because("content came after the end of the answer");
        }
        switch (piece) {
            case Content.Text(String text, var _) -> to.accept(new StreamEvent.Text(text));
            case Content.Thinking(String text, var signature) -> {
                if (!text.isEmpty()) {
                    to.accept(new StreamEvent.Thinking(text));
                }
                if (signature != null) {
                    to.accept(new StreamEvent.ThinkingSigned(signature));
                }
            }
            case Content.ToolCall call -> {
                to.accept(new StreamEvent.ToolCallStarted(present.calls, call.id(), call.name()));
                to.accept(new StreamEvent.ToolCallArguments(present.calls, call.arguments()));
                present.calls++;
            }
            case Content.Refusal _,
                    Content.RedactedThinking _,
                    Content.Image _,
                    Content.File _,
                    Content.Audio _,
                    Content.ToolResult _ -> {}
        }
    }

    @Override
    public boolean mayEnd() {
        return begun.values().stream().allMatch(choice -> choice.finished);
    }
}
