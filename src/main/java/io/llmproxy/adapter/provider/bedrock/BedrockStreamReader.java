package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** Reads the events of ConverseStream; the beginning of a block is told where it is a call, and may be left out elsewhere. */
final class BedrockStreamReader implements StreamReader {
    private static final long NONE = -1;

    private boolean started;
    private boolean finished;
    private long call = NONE;
    private int calls;
    private boolean argued;

    @Override
    public boolean read(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        String type =
                event.isEmpty() ? "" : event.properties().iterator().next().getKey();
        JsonNode payload = event.path(type);
        switch (type) {
            case "messageStart" -> start(to);
            case "contentBlockStart" -> begin(payload, to);
            case "contentBlockDelta" -> delta(payload, to);
            case "contentBlockStop" -> stop(payload, to);
            case "messageStop" -> finish(payload, to);
            case "metadata" -> {
                TokenUsage usage = BedrockAnswers.usage(payload.path("usage"));
                if (started && usage.source() != TokenUsage.Source.NONE) {
                    to.accept(new StreamEvent.Usage(usage));
                }
                return finished;
            }
            case "exception" -> {
                String word = Json.text(payload, "type", "");
                to.accept(new StreamEvent.Failed(new ProviderFailure(0, word, "", null, null)));
            }
            default -> {}
        }
        return false;
    }

    private void start(Consumer<StreamEvent> to) throws UpstreamException {
        if (started) {
            throw Unreadable.because("it began twice");
        }
        started = true;
        to.accept(new StreamEvent.Started(BedrockAnswers.id(), "", TokenUsage.NONE));
    }

    private void within() throws UpstreamException {
        if (!started || finished) {
            throw Unreadable.because("content came before the beginning, or after the end");
        }
    }

    private void begin(JsonNode payload, Consumer<StreamEvent> to) throws UpstreamException {
        within();
        JsonNode use = payload.path("start").path("toolUse");
        if (!use.isObject()) {
            return;
        }
        String id = Json.text(use, "toolUseId");
        String name = Json.text(use, "name");
        if (id == null || name == null || call != NONE) {
            throw Unreadable.because("a tool call lacks its id or its name, or began within another");
        }
        call = Math.max(0, Json.count(payload, "contentBlockIndex"));
        argued = false;
        to.accept(new StreamEvent.ToolCallStarted(calls++, id, name));
    }

    private void delta(JsonNode payload, Consumer<StreamEvent> to) throws UpstreamException {
        within();
        JsonNode delta = payload.path("delta");
        String text = Json.text(delta, "text", "");
        if (!text.isEmpty()) {
            to.accept(new StreamEvent.Text(text));
        }
        JsonNode thought = delta.path("reasoningContent");
        String thinking = Json.text(thought, "text", "");
        String signature = Json.text(thought, "signature", "");
        String redacted = Json.text(thought, "redactedContent", "");
        if (!thinking.isEmpty()) {
            to.accept(new StreamEvent.Thinking(thinking));
        }
        if (!signature.isEmpty()) {
            to.accept(new StreamEvent.ThinkingSigned(signature));
        }
        if (!redacted.isEmpty()) {
            to.accept(new StreamEvent.RedactedThinking(redacted));
        }
        if (delta.path("toolUse").isObject()) {
            arguments(payload, Json.text(delta.path("toolUse"), "input", ""), to);
        }
    }

    private void arguments(JsonNode payload, String piece, Consumer<StreamEvent> to) throws UpstreamException {
        if (call == NONE || Math.max(0, Json.count(payload, "contentBlockIndex")) != call) {
            throw Unreadable.because("arguments came for a call that is not open");
        }
        if (!piece.isEmpty()) {
            argued = true;
            to.accept(new StreamEvent.ToolCallArguments(calls - 1, piece));
        }
    }

    private void stop(JsonNode payload, Consumer<StreamEvent> to) {
        if (call != NONE && Math.max(0, Json.count(payload, "contentBlockIndex")) == call) {
            if (!argued) {
                to.accept(new StreamEvent.ToolCallArguments(calls - 1, "{}"));
            }
            call = NONE;
        }
    }

    private void finish(JsonNode payload, Consumer<StreamEvent> to) throws UpstreamException {
        within();
        if (call != NONE) {
            throw Unreadable.because("it ended within a tool call");
        }
        finished = true;
        to.accept(new StreamEvent.Finished(BedrockAnswers.finish(Json.text(payload, "stopReason", "end_turn")), null));
    }

    @Override
    public boolean mayEnd() {
        return finished;
    }
}
