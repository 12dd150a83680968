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
    private final Map<Integer, Call> calls = new TreeMap<>();
    private int argumentsLength;
    private String id = "";
    private String model = "";
    private FinishReason reason = FinishReason.STOP;
    private TokenUsage usage = TokenUsage.NONE;
    private List<TokenProbability> probabilities = List.of();
    private boolean usageNew;
    private boolean begun;

    private record Call(String id, String name, StringBuilder arguments) {}

    /** @param events whether they are server-sent events */
    GeminiStreamWriter(boolean events) {
        this.events = events;
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
            case StreamEvent.Text(String piece) -> text(out, piece);
            case StreamEvent.Refusal(String piece) -> {
                reason = FinishReason.REFUSED;
                text(out, piece);
            }
            case StreamEvent.Thinking(String piece) -> {
                GeminiParts.thought(begin(out), piece, null);
                end(out, false);
            }
            case StreamEvent.ThinkingSigned(String signature) -> {
                GeminiParts.thought(begin(out), "", signature);
                end(out, false);
            }
            case StreamEvent.RedactedThinking(String data) -> {
                GeminiParts.redacted(begin(out), data);
                end(out, false);
            }
            case StreamEvent.ToolCallStarted(int index, String callId, String name) ->
                calls.put(index, new Call(callId, name, new StringBuilder()));
            case StreamEvent.ToolCallArguments(int index, String piece) -> arguments(index, piece);
            case StreamEvent.Finished(FinishReason why, var _) ->
                reason = reason == FinishReason.REFUSED ? reason : why;
            case StreamEvent.Probabilities(var tokens) -> probabilities = tokens;
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

    private void arguments(int index, String piece) throws UpstreamException {
        Call call = calls.get(index);
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
            out.member("finishReason", GeminiParts.word(reason));
        }
        GeminiProbabilities.write(out.member("index", 0), probabilities);
        probabilities = List.of();
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
        begin(out);
        if (calls.isEmpty()) {
            GeminiParts.text(out, ""); // as the API itself ends: older clients fail at an answer without parts
        }
        for (Call call : calls.values()) {
            Content.ToolCall whole = new Content.ToolCall(call.id, call.name, call.arguments.toString());
            GeminiParts.call(out, whole, reason);
        }
        end(out, true);
        out.raw(events ? "" : "]");
    }
}
