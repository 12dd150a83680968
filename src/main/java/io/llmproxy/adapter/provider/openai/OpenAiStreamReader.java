package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** Reads a stream of {@code chat.completion.chunk}, whose choices may come mixed; what was not asked for is passed over. */
final class OpenAiStreamReader implements StreamReader {
    private static final int MOST_CALLS = 1024;

    private final int choices;
    private final Map<Long, Choice> begun = new HashMap<>();
    private Choice present = new Choice();
    private boolean started;

    /** What is known of one of the answers. */
    private static final class Choice {
        // by the provider's index, which may have gaps
        private final Map<Long, Integer> calls = new HashMap<>();
        private boolean finished;
    }

    /** @param choices how many were asked for */
    OpenAiStreamReader(int choices) {
        this.choices = choices;
        begun.put(0L, present);
    }

    @Override
    public boolean read(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        if (event.path("error").isObject() || event.path("error").isString()) {
            to.accept(new StreamEvent.Failed(OpenAiFailures.read(0, event)));
            return false;
        }
        // Azure begins with an event of its content filter, which has neither
        boolean about =
                !Json.text(event, "id", "").isEmpty() || !event.path("choices").isEmpty();
        if (!started && about) {
            started = true;
            to.accept(new StreamEvent.Started(
                    Json.text(event, "id", ""), Json.text(event, "model", ""), TokenUsage.NONE));
        }
        TokenUsage usage = OpenAiUsage.read(event.path("usage"));
        if (started && usage.source() != TokenUsage.Source.NONE) {
            to.accept(new StreamEvent.Usage(usage));
        }
        for (JsonNode choice : event.path("choices")) {
            long index = Math.max(0, Json.count(choice, "index"));
            if (choice.isObject() && index < choices) {
                turnTo(index, to);
                choice(choice, to);
            }
        }
        return false;
    }

    private void turnTo(long index, Consumer<StreamEvent> to) {
        Choice next = begun.computeIfAbsent(index, _ -> new Choice());
        if (next != present) {
            present = next;
            to.accept(new StreamEvent.Choice((int) index));
        }
    }

    private void choice(JsonNode choice, Consumer<StreamEvent> to) throws UpstreamException {
        List<TokenProbability> tokens =
                OpenAiProbabilities.read(choice.path("logprobs").path("content"));
        if (!tokens.isEmpty()) {
            inTime();
            to.accept(new StreamEvent.Probabilities(tokens));
        }
        delta(choice.path("delta"), to);
        String reason = Json.text(choice, "finish_reason");
        if (reason != null && !present.finished) {
            present.finished = true;
            FinishReason read = OpenAiFinish.read(reason);
            boolean called = read == FinishReason.STOP && !present.calls.isEmpty();
            to.accept(new StreamEvent.Finished(called ? FinishReason.TOOL_CALLS : read, null));
        }
    }

    private void delta(JsonNode delta, Consumer<StreamEvent> to) throws UpstreamException {
        String thought = OpenAiAnswers.thought(delta);
        if (thought != null && said(thought)) {
            to.accept(new StreamEvent.Thinking(thought));
        }
        for (JsonNode detail : delta.path("reasoning_details")) {
            detail(detail, to);
        }
        for (JsonNode part : delta.path("content")) {
            part(part, to);
        }
        String text = Json.text(delta, "content");
        if (text != null && said(text)) {
            to.accept(new StreamEvent.Text(text));
        }
        String refusal = Json.text(delta, "refusal");
        if (refusal != null && said(refusal)) {
            to.accept(new StreamEvent.Refusal(refusal));
        }
        for (JsonNode call : delta.path("tool_calls")) {
            call(call, to);
        }
    }

    /** Of content that comes in parts, as Mistral's does where it thinks. */
    private void part(JsonNode part, Consumer<StreamEvent> to) throws UpstreamException {
        String thinking = OpenAiAnswers.thinking(part);
        String text = Json.text(part, "text", "");
        if (said(thinking)) {
            to.accept(new StreamEvent.Thinking(thinking));
        } else if (said(text)) {
            to.accept(new StreamEvent.Text(text));
        }
    }

    private boolean said(String text) throws UpstreamException {
        if (text.isEmpty()) {
            return false;
        }
        inTime();
        return true;
    }

    private void inTime() throws UpstreamException {
        if (present.finished) {
            throw Unreadable.because("content came after the end of the answer");
        }
    }

    private static void detail(JsonNode detail, Consumer<StreamEvent> to) {
        String signature = Json.text(detail, "signature");
        String data = Json.text(detail, "data");
        if (signature != null && !signature.isEmpty()) {
            to.accept(new StreamEvent.ThinkingSigned(signature));
        } else if (data != null && Json.text(detail, "type", "").equals("reasoning.encrypted")) {
            to.accept(new StreamEvent.RedactedThinking(data));
        }
    }

    private void call(JsonNode call, Consumer<StreamEvent> to) throws UpstreamException {
        inTime();
        long key = Math.max(0, Json.count(call, "index"));
        JsonNode function = call.path("function");
        Map<Long, Integer> calls = present.calls;
        Integer index = calls.get(key);
        if (index == null) {
            String name = Json.text(function, "name");
            if (name == null || calls.size() == MOST_CALLS) {
                throw Unreadable.because("a tool call names no function, or there are too many");
            }
            index = calls.size();
            calls.put(key, index);
            to.accept(new StreamEvent.ToolCallStarted(index, OpenAiAnswers.id(call), name));
        }
        String arguments = Json.text(function, "arguments");
        if (arguments != null && !arguments.isEmpty()) {
            to.accept(new StreamEvent.ToolCallArguments(index, arguments));
        }
    }

    @Override
    public boolean mayEnd() {
        return begun.values().stream().allMatch(choice -> choice.finished);
    }
}
