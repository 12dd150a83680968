package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes a stream of answers, a line each. A call comes whole there, so that calls wait for the end of the answer. */
final class OllamaStreamWriter implements StreamWriter {
    private static final int MAX_ARGUMENTS = 16 * 1024 * 1024;

    private final OllamaAnswerWriter writer;
    private final Map<Integer, Call> calls = new TreeMap<>();
    private int argumentsLength;
    private String model = "";
    private FinishReason reason = FinishReason.STOP;
    private TokenUsage usage = TokenUsage.NONE;

    private record Call(String id, String name, StringBuilder arguments) {}

    OllamaStreamWriter(OllamaAnswerWriter writer) {
        this.writer = writer;
    }

    @Override
    public String contentType() {
        return "application/x-ndjson";
    }

    @Override
    public void write(StreamEvent event, JsonOut out) throws UpstreamException {
        switch (event) {
            case StreamEvent.Started(var _, String itsModel, TokenUsage known) -> {
                model = itsModel;
                usage = known;
            }
            case StreamEvent.Text(String piece) -> text(out, piece);
            case StreamEvent.Refusal(String piece) -> text(out, piece);
            case StreamEvent.Thinking(String piece) -> {
                writer.piece(out, model, "", piece, List.of(), reason);
                out.raw("\n");
            }
            case StreamEvent.ToolCallStarted(int index, String id, String name) ->
                calls.put(index, new Call(id, name, new StringBuilder()));
            case StreamEvent.ToolCallArguments(int index, String piece) -> arguments(index, piece);
            case StreamEvent.Finished(FinishReason why, var _) -> reason = why;
            case StreamEvent.Usage(TokenUsage known) -> usage = known;
            case StreamEvent.Probabilities(var tokens) -> writer.next(tokens);
            case StreamEvent.Choice _,
                    StreamEvent.ThinkingSigned _,
                    StreamEvent.RedactedThinking _,
                    StreamEvent.Failed _ -> {}
        }
    }

    private void text(JsonOut out, String piece) throws UpstreamException {
        writer.piece(out, model, piece, null, List.of(), reason);
        out.raw("\n");
    }

    private void arguments(int index, String piece) throws UpstreamException {
        Call call = calls.get(index);
        argumentsLength += piece.length();
        if (call == null || argumentsLength > MAX_ARGUMENTS) {
            throw Unreadable.because("pieces of a tool call that did not begin, or too many");
        }
        call.arguments.append(piece);
    }

    @Override
    public void end(JsonOut out) throws UpstreamException {
        if (!calls.isEmpty()) {
            List<Content.ToolCall> whole = new ArrayList<>(calls.size());
            calls.values().forEach(c -> whole.add(new Content.ToolCall(c.id, c.name, c.arguments.toString())));
            writer.piece(out, model, "", null, whole, reason);
            out.raw("\n");
        }
        writer.last(out, model, reason, usage);
        out.raw("\n");
    }
}
