package io.llmproxy.adapter.provider.translation;

import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Puts the pieces of a stream together, as clients do. */
final class Collector {
    private final List<Content> content = new ArrayList<>();
    private final List<TokenProbability> probabilities = new ArrayList<>();
    private String id = "";
    private String model = "";
    private TokenUsage usage = TokenUsage.NONE;
    private FinishReason finish = FinishReason.STOP;
    private @Nullable String stopSequence;

    private final Map<Integer, Collector> others = new TreeMap<>();
    private final Map<Integer, Integer> calls = new TreeMap<>();
    private Collector present = this;

    void add(StreamEvent event) {
        if (event instanceof StreamEvent.Choice(int index)) {
            present = index == 0 ? this : others.computeIfAbsent(index, _ -> new Collector());
        } else if (event instanceof StreamEvent.Started || event instanceof StreamEvent.Usage) {
            take(event);
        } else {
            present.take(event);
        }
    }

    private void take(StreamEvent event) {
        switch (event) {
            case StreamEvent.Started(String itsId, String itsModel, TokenUsage known) -> {
                id = itsId;
                model = itsModel;
                usage = known;
            }
            case StreamEvent.Choice(int index) -> throw new AssertionError(index);
            case StreamEvent.Text(String piece) -> {
                if (last() instanceof Content.Text(String before, var _)) {
                    replace(new Content.Text(before + piece));
                } else {
                    content.add(new Content.Text(piece));
                }
            }
            case StreamEvent.Refusal(String piece) -> content.add(new Content.Refusal(piece));
            case StreamEvent.Thinking(String piece) -> {
                if (last() instanceof Content.Thinking(String before, var signature) && signature == null) {
                    replace(new Content.Thinking(before + piece, null));
                } else {
                    content.add(new Content.Thinking(piece, null));
                }
            }
            case StreamEvent.ThinkingSigned(String signature) -> {
                if (last() instanceof Content.Thinking(String text, var _)) {
                    replace(new Content.Thinking(text, signature));
                }
            }
            case StreamEvent.RedactedThinking(String data) -> content.add(new Content.RedactedThinking(data));
            case StreamEvent.ToolCallStarted(int index, String callId, String name) -> {
                calls.put(index, content.size());
                content.add(new Content.ToolCall(callId, name, ""));
            }
            case StreamEvent.ToolCallArguments(int index, String piece) -> {
                int place = calls.getOrDefault(index, -1);
                if (place >= 0 && content.get(place) instanceof Content.ToolCall call) {
                    content.set(place, new Content.ToolCall(call.id(), call.name(), call.arguments() + piece));
                }
            }
            case StreamEvent.Finished(FinishReason why, var sequence) -> {
                finish = why;
                stopSequence = sequence;
            }
            case StreamEvent.Probabilities(var tokens) -> probabilities.addAll(tokens);
            case StreamEvent.Usage(TokenUsage known) -> usage = known;
            case StreamEvent.Failed failed -> throw new AssertionError(failed);
        }
    }

    private @Nullable Content last() {
        return content.isEmpty() ? null : content.getLast();
    }

    private void replace(Content with) {
        content.set(content.size() - 1, with);
    }

    ChatAnswer answer() {
        List<ChatAnswer.Choice> further = others.values().stream()
                .map(c -> new ChatAnswer.Choice(c.content, c.finish, c.probabilities))
                .toList();
        return new ChatAnswer(id, model, content, finish, stopSequence, usage, probabilities, further);
    }
}
