package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.openai.OpenAiProbabilities;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** Reads a stream of answers, each with the next piece of the message; the last one is {@code done} and has the counts. */
final class OllamaStreamReader implements StreamReader {
    private boolean started;
    private int calls;

    @Override
    public boolean read(JsonNode event, Consumer<StreamEvent> to) throws UpstreamException {
        if (event.has("error")) {
            to.accept(new StreamEvent.Failed(OllamaAnswers.readFailure(0, event)));
            return false;
        }
        JsonNode message = event.path("message");
        boolean done = event.path("done").asBoolean(false);
        if (!message.isObject() && !done) {
            throw Unreadable.because("a line has no message");
        }
        if (!started) {
            started = true;
            to.accept(new StreamEvent.Started(OllamaAnswers.id(), Json.text(event, "model", ""), TokenUsage.NONE));
        }
        List<TokenProbability> tokens = OpenAiProbabilities.read(event.path("logprobs"));
        if (!tokens.isEmpty()) {
            to.accept(new StreamEvent.Probabilities(tokens));
        }
        String thinking = Json.text(message, "thinking", "");
        if (!thinking.isEmpty()) {
            to.accept(new StreamEvent.Thinking(thinking));
        }
        String text = Json.text(message, "content", "");
        if (!text.isEmpty()) {
            to.accept(new StreamEvent.Text(text));
        }
        for (Content.ToolCall call : OllamaAnswers.calls(message)) {
            to.accept(new StreamEvent.ToolCallStarted(calls, call.id(), call.name()));
            to.accept(new StreamEvent.ToolCallArguments(calls, call.arguments()));
            calls++;
        }
        if (done) {
            to.accept(new StreamEvent.Finished(OllamaAnswers.finish(event, calls > 0), null));
            TokenUsage usage = OllamaAnswers.usage(event);
            if (usage.source() != TokenUsage.Source.NONE) {
                to.accept(new StreamEvent.Usage(usage));
            }
        }
        return done;
    }

    @Override
    public boolean mayEnd() {
        return false;
    }
}
