package io.llmproxy.adapter.provider.cohere;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * Reads a stream of typed events ("Streaming"): one message, its pieces of content and its calls one after the other. Events of a
 * kind that is not known, citations among them, are passed over.
 */
final class CohereStreamReader implements StreamReader {
    private boolean started;
    private boolean finished;
    private int calls;
    private long open = -1;

    @Override
    public boolean read(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        JsonNode message = event.path("delta").path("message");
        switch (Json.text(event, "type", "")) {
            case "message-start" -> start(event, to);
            case "content-start", "content-delta" -> {
                probability(event.path("logprobs"), to);
                content(message.path("content"), to);
            }
            case "tool-plan-delta" -> said(Json.text(message, "tool_plan", ""), to);
            case "tool-call-start" -> call(event, message.path("tool_calls"), to);
            case "tool-call-delta" -> arguments(event, message.path("tool_calls"), to);
            case "tool-call-end" -> open = -1;
            case "message-end" -> {
                finish(event.path("delta"), to);
                return finished;
            }
            case "" -> {
                // an error has no type
                if (event.has("message")) {
                    to.accept(new StreamEvent.Failed(CohereAnswers.readFailure(0, event)));
                }
            }
            default -> {}
        }
        return false;
    }

    private void start(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        if (started) {
            throw Unreadable.because("it began twice");
        }
        started = true;
        to.accept(new StreamEvent.Started(Json.text(event, "id", ""), "", TokenUsage.NONE));
    }

    private void begun() throws UpstreamException {
        if (!started) {
            throw Unreadable.because("content came before the beginning");
        }
    }

    private void probability(JsonNode piece, Consumer<StreamEvent> to) throws UpstreamException {
        TokenProbability read = CohereAnswers.probability(piece);
        if (read != null) {
            begun();
            to.accept(new StreamEvent.Probabilities(List.of(read)));
        }
    }

    private void content(JsonNode content, Consumer<StreamEvent> to) throws UpstreamException {
        begun();
        String thinking = Json.text(content, "thinking", "");
        if (!thinking.isEmpty()) {
            to.accept(new StreamEvent.Thinking(thinking));
        }
        said(Json.text(content, "text", ""), to);
    }

    private void said(String text, Consumer<StreamEvent> to) throws UpstreamException {
        begun();
        if (!text.isEmpty()) {
            to.accept(new StreamEvent.Text(text));
        }
    }

    private void call(JsonNode event, JsonNode call, Consumer<StreamEvent> to) throws UpstreamException {
        begun();
        String id = Json.text(call, "id");
        String name = Json.text(call.path("function"), "name");
        if (id == null || name == null || open >= 0) {
            throw Unreadable.because("a tool call lacks its id or its name, or began within another");
        }
        open = Math.max(0, Json.count(event, "index"));
        to.accept(new StreamEvent.ToolCallStarted(calls++, id, name));
        piece(call, to);
    }

    private void arguments(JsonNode event, JsonNode call, Consumer<StreamEvent> to) throws UpstreamException {
        if (open < 0 || Math.max(0, Json.count(event, "index")) != open) {
            throw Unreadable.because("arguments came for a call that is not open");
        }
        piece(call, to);
    }

    private void piece(JsonNode call, Consumer<StreamEvent> to) {
        String arguments = Json.text(call.path("function"), "arguments", "");
        if (!arguments.isEmpty()) {
            to.accept(new StreamEvent.ToolCallArguments(calls - 1, arguments));
        }
    }

    private void finish(JsonNode delta, Consumer<StreamEvent> to) throws UpstreamException {
        begun();
        String reason = Json.text(delta, "finish_reason", "COMPLETE");
        if (CohereAnswers.failed(reason)) {
            to.accept(new StreamEvent.Failed(new ProviderFailure(0, reason, "", null, null)));
            return;
        }
        finished = true;
        to.accept(new StreamEvent.Finished(CohereAnswers.finish(reason), null));
        TokenUsage usage = CohereAnswers.usage(delta.path("usage"));
        if (usage.source() != TokenUsage.Source.NONE) {
            to.accept(new StreamEvent.Usage(usage));
        }
    }

    @Override
    public boolean mayEnd() {
        return finished;
    }
}
