package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a stream of answers, each with the next part, as events or as the elements of one list. A function call comes whole there, so
 * that calls wait for the end of the answer; the usage comes with the first answer and the last.
 */
final class GeminiStreamWriter implements StreamWriter {
    private static final int MAX_ARGUMENTS = 16 * 1024 * 1024;

    private final boolean events;
    private final boolean thoughts;
    private final Map<Integer, Choice> choices = new TreeMap<>();
    private Choice present = new Choice(0);
    private int argumentsLength;
    private String id = "";
    private String model = "";
    private TokenUsage usage = TokenUsage.NONE;
    private boolean usageNew;
    private boolean begun;

    /** What is known of one of the answers, which come mixed. */
    private static final class Choice {
        private final int index;
        private final Map<Integer, Call> calls = new TreeMap<>();
        private FinishReason reason = FinishReason.STOP;
        private List<TokenProbability> probabilities = List.of();

        Choice(int index) {
            this.index = index;
        }
    }

    private record Call(String id, String name, StringBuilder arguments) {}

    /**
     * @param events whether they are server-sent events
     * @param thoughts whether the client wants to see them
     */
    GeminiStreamWriter(boolean events, boolean thoughts) {
        this.events = events;
        this.thoughts = thoughts;
        choices.put(0, present);
    }

    @Override
    public String contentType() {
        return events ? "text/event-stream; charset=utf-8" : "application/json; charset=utf-8";
    }

    @Override
    public void write(StreamEvent event, JsonOut out) throws UpstreamException {
        switch (event) {
            case StreamEvent.Started(String itsId, String itsModel, TokenUsage known) -> {
                id = itsId;
                model = itsModel;
                know(known);
            }
            case StreamEvent.Choice(int index) -> present = choices.computeIfAbsent(index, Choice::new);
            case StreamEvent.Text(String piece) -> text(out, piece);
            case StreamEvent.Refusal(String piece) -> {
                present.reason = FinishReason.REFUSED;
                text(out, piece);
            }
            case StreamEvent.Thinking(String piece) -> thought(out, new Content.Thinking(piece, null));
            case StreamEvent.ThinkingSigned(String signature) -> thought(out, new Content.Thinking("", signature));
            case StreamEvent.RedactedThinking(String data) -> thought(out, new Content.RedactedThinking(data));
            case StreamEvent.ToolCallStarted(int index, String callId, String name) ->
                present.calls.put(index, new Call(callId, name, new StringBuilder()));
            case StreamEvent.ToolCallArguments(int index, String piece) -> arguments(index, piece);
            case StreamEvent.Finished(FinishReason why, var _) ->
                present.reason = present.reason == FinishReason.REFUSED ? present.reason : why;
            case StreamEvent.Probabilities(var tokens) -> present.probabilities = tokens;
            case StreamEvent.Usage(TokenUsage known) -> know(known);
            case StreamEvent.Failed _ -> {}
        }
    }

    private void know(TokenUsage known) {
        usage = known;
        usageNew = !begun && known.source() != TokenUsage.Source.NONE;
    }

    private void text(JsonOut out, String piece) {
        GeminiParts.text(begin(out), piece);
        end(out, false);
    }

    private void thought(JsonOut out, Content thought) throws UpstreamException {
        if (thoughts) {
            GeminiParts.write(begin(out), thought, present.reason);
            end(out, false);
        } else {
            present.probabilities = List.of(); // of what is not shown
        }
    }

    private void arguments(int index, String piece) throws UpstreamException {
        Call call = present.calls.get(index);
        argumentsLength += piece.length();
        if (call == null || argumentsLength > MAX_ARGUMENTS) {
            throw Unreadable.because("pieces of a tool call that did not begin, or too many");
        }
        call.arguments.append(piece);
    }

    private JsonOut begin(JsonOut out) {
        if (events) {
            out.raw("data: ");
        } else {
            out.raw(begun ? ",\r\n" : "[");
        }
        begun = true;
        out.raw("{\"candidates\":[{\"content\":{\"parts\":[");
        return out;
    }

    private void end(JsonOut out, boolean last) {
        out.closeList().member("role", "model").close();
        if (last) {
            out.member("finishReason", GeminiParts.word(present.reason));
        }
        GeminiProbabilities.write(out.member("index", present.index), present.probabilities);
        present.probabilities = List.of();
        out.close().closeList();
        if ((last || usageNew) && usage.source() != TokenUsage.Source.NONE) {
            usageNew = false;
            GeminiParts.usage(out.name("usageMetadata"), usage);
        }
        out.member("modelVersion", model).member("responseId", id).close();
        out.raw(events ? "\r\n\r\n" : "");
    }

    @Override
    public void end(JsonOut out) throws UpstreamException {
        for (Choice choice : choices.values()) {
            present = choice;
            last(out);
        }
        out.raw(events ? "" : "]");
    }

    private void last(JsonOut out) throws UpstreamException {
        begin(out);
        if (present.calls.isEmpty()) {
            GeminiParts.text(out, ""); // as the API itself ends: older clients fail at an answer without parts
        }
        for (Call call : present.calls.values()) {
            Content.ToolCall whole = new Content.ToolCall(call.id, call.name, call.arguments.toString());
            GeminiParts.call(out, whole, present.reason);
        }
        end(out, true);
    }
}
