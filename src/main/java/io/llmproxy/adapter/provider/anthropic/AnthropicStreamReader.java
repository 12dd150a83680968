package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * Reads a stream of events ("Streaming messages"): blocks one after the other, each begun, filled and ended. Events and deltas of
 * a kind that is not known are passed over, as the API's versioning policy wants it.
 */
final class AnthropicStreamReader implements StreamReader {
    private static final long NONE = -1;

    private boolean started;
    private boolean finished;
    private long open = NONE;
    private String kind = "";
    private int calls;
    private boolean argued;
    private TokenUsage usage = TokenUsage.NONE;

    @Override
    public boolean read(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        switch (Json.text(event, "type", "")) {
            case "message_start" -> start(event.path("message"), to);
            case "content_block_start" -> begin(event, to);
            case "content_block_delta" -> delta(event, to);
            case "content_block_stop" -> stop(event, to);
            case "message_delta" -> finish(event, to);
            case "message_stop" -> {
                if (!finished) {
                    throw Unreadable.because("it stopped without a reason");
                }
                return true;
            }
            case "error" -> to.accept(new StreamEvent.Failed(AnthropicFailures.read(0, event)));
            default -> {}
        }
        return false;
    }

    private void start(JsonNode message, Consumer<StreamEvent> to) throws UpstreamException {
        if (started) {
            throw Unreadable.because("it began twice");
        }
        started = true;
        usage = AnthropicUsage.read(message.path("usage"), usage);
        to.accept(new StreamEvent.Started(Json.text(message, "id", ""), Json.text(message, "model", ""), usage));
    }

    private void begin(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        long index = Json.count(event, "index");
        if (!started || finished || open != NONE || index < 0) {
            throw Unreadable.because("a block began out of its order");
        }
        open = index;
        JsonNode block = event.path("content_block");
        kind = Json.text(block, "type", "");
        switch (kind) {
            case "text" -> said(Json.text(block, "text", ""), to);
            case "thinking" -> thought(Json.text(block, "thinking", ""), to);
            case "redacted_thinking" -> to.accept(new StreamEvent.RedactedThinking(Json.text(block, "data", "")));
            case "tool_use" -> call(block, to);
            default -> {}
        }
    }

    private static void said(String text, Consumer<StreamEvent> to) {
        if (!text.isEmpty()) {
            to.accept(new StreamEvent.Text(text));
        }
    }

    private static void thought(String text, Consumer<StreamEvent> to) {
        if (!text.isEmpty()) {
            to.accept(new StreamEvent.Thinking(text));
        }
    }

    private void call(JsonNode block, Consumer<StreamEvent> to) throws UpstreamException {
        String id = Json.text(block, "id");
        String name = Json.text(block, "name");
        if (id == null || name == null) {
            throw Unreadable.because("a tool call lacks its id or its name");
        }
        to.accept(new StreamEvent.ToolCallStarted(calls, id, name));
        JsonNode input = block.path("input");
        argued = input.isObject() && !input.isEmpty();
        if (argued) {
            to.accept(new StreamEvent.ToolCallArguments(calls, input.toString()));
        }
        calls++;
    }

    private void delta(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        inOpenBlock(event);
        JsonNode delta = event.path("delta");
        switch (Json.text(delta, "type", "")) {
            case "text_delta" -> said(Json.text(delta, "text", ""), to);
            case "thinking_delta" -> thought(Json.text(delta, "thinking", ""), to);
            case "signature_delta" -> {
                String signature = Json.text(delta, "signature", "");
                if (!signature.isEmpty()) {
                    to.accept(new StreamEvent.ThinkingSigned(signature));
                }
            }
            case "input_json_delta" -> arguments(Json.text(delta, "partial_json", ""), to);
            default -> {}
        }
    }

    private void arguments(String piece, Consumer<StreamEvent> to) {
        if (!piece.isEmpty() && kind.equals("tool_use")) {
            argued = true;
            to.accept(new StreamEvent.ToolCallArguments(calls - 1, piece));
        }
    }

    private void inOpenBlock(JsonNode event) throws UpstreamException {
        if (open == NONE || Json.count(event, "index") != open) {
            throw Unreadable.because("an event is about a block that is not open");
        }
    }

    private void stop(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        inOpenBlock(event);
        if (kind.equals("tool_use") && !argued) {
            to.accept(new StreamEvent.ToolCallArguments(calls - 1, "{}"));
        }
        open = NONE;
    }

    private void finish(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        if (!started || open != NONE) {
            throw Unreadable.because("it ended before it began, or within a block");
        }
        usage = AnthropicUsage.read(event.path("usage"), usage);
        if (usage.source() != TokenUsage.Source.NONE) {
            to.accept(new StreamEvent.Usage(usage));
        }
        JsonNode delta = event.path("delta");
        String reason = Json.text(delta, "stop_reason");
        if (reason != null && !finished) {
            finished = true;
            to.accept(new StreamEvent.Finished(AnthropicFinish.read(reason), Json.text(delta, "stop_sequence")));
        }
    }

    @Override
    public boolean mayEnd() {
        return finished;
    }
}
