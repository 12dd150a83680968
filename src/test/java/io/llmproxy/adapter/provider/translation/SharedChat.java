package io.llmproxy.adapter.provider.translation;

import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import io.llmproxy.domain.usage.TokenUsage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Conversations of what all dialects share: calls are numbered, since some know no ids, and each text stands alone, since some have one. */
final class SharedChat {
    private final Random random;
    private final RandomChat pieces;
    private final Set<String> dialects;
    private int calls;

    /** @param dialects that have all of it */
    SharedChat(Random random, Set<String> dialects) {
        this.random = random;
        this.pieces = new RandomChat(random);
        this.dialects = dialects;
    }

    /** What only these dialects have: null where others take part, and perhaps where they do not. */
    private <T> @Nullable T among(Set<String> having, Supplier<T> value) {
        return having.containsAll(dialects) ? pieces.perhaps(value) : null;
    }

    private static final Set<String> WITHOUT_ANTHROPIC = Set.of("openai", "gemini", "ollama");
    private static final Set<String> WITHOUT_OLLAMA = Set.of("openai", "responses", "anthropic", "gemini");
    private static final Set<String> WITH_FORMATS_AND_PROBABILITIES = Set.of("openai", "responses", "gemini", "ollama");
    private static final Set<String> WITH_STOPS = Set.of("openai", "anthropic", "gemini", "ollama");
    private static final Set<String> WITH_TOP_K = Set.of("anthropic", "gemini", "ollama");
    private static final Set<String> WITH_CHOICES = Set.of("openai", "gemini");

    ChatRequest request() {
        List<Tool> tools = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            tools.add(new Tool(pieces.name(), pieces.perhaps(pieces::text), pieces.object(), null, null));
        }
        Sampling sampling = new Sampling(
                pieces.perhaps(random::nextDouble),
                pieces.perhaps(random::nextDouble),
                among(WITH_TOP_K, () -> 1 + random.nextInt(100)),
                among(WITHOUT_ANTHROPIC, () -> (long) random.nextInt(1_000_000)),
                among(WITHOUT_ANTHROPIC, random::nextDouble),
                among(WITHOUT_ANTHROPIC, random::nextDouble),
                Objects.requireNonNullElse(
                        among(WITH_STOPS, () -> List.of(pieces.text(), pieces.text())), List.<String>of()));
        boolean stream = random.nextBoolean();
        Integer choices = among(WITH_CHOICES, () -> 1 + random.nextInt(4));
        return new ChatRequest(
                "gemini-2.5-flash",
                messages(),
                40_000 + random.nextInt(1000),
                sampling,
                choices == null ? 1 : choices,
                among(WITH_FORMATS_AND_PROBABILITIES, () -> 1 + random.nextInt(5)),
                tools,
                tools.isEmpty() ? null : among(WITHOUT_OLLAMA, () -> choice(tools)),
                null,
                among(
                        WITH_FORMATS_AND_PROBABILITIES,
                        () -> new ResponseFormat.JsonSchema("output", null, pieces.object(), null)),
                null,
                null,
                null,
                stream,
                stream,
                true,
                ChatRequest.Echo.NONE);
    }

    private ToolChoice choice(List<Tool> tools) {
        return switch (random.nextInt(4)) {
            case 0 -> new ToolChoice.Auto();
            case 1 -> new ToolChoice.None();
            case 2 -> new ToolChoice.Required();
            default -> new ToolChoice.Named(tools.getFirst().name());
        };
    }

    private List<Message> messages() {
        List<Message> out = new ArrayList<>();
        if (random.nextBoolean()) {
            out.add(Message.of(Role.SYSTEM, new Content.Text(pieces.text())));
        }
        out.add(said());
        for (int turns = random.nextInt(3); turns > 0; turns--) {
            List<Content> answer = content();
            out.add(new Message(Role.ASSISTANT, answer, null));
            for (Content piece : answer) {
                if (piece instanceof Content.ToolCall call) {
                    List<Content> text = List.of(new Content.Text(pieces.text()));
                    out.add(Message.of(Role.TOOL, new Content.ToolResult(call.id(), text, false, null)));
                }
            }
            out.add(said());
        }
        return out;
    }

    private Message said() {
        List<Content> out = new ArrayList<>(List.of(new Content.Text(pieces.text())));
        if (random.nextInt(4) == 0) {
            out.add(new Content.Image(new Source.Bytes("image/png", "iVBORw0KGgo="), null, null));
        }
        return new Message(Role.USER, out, null);
    }

    private List<Content> content() {
        List<Content> out = new ArrayList<>();
        boolean text = random.nextInt(4) > 0;
        if (text) {
            out.add(new Content.Text(pieces.text()));
        }
        for (int i = text ? random.nextInt(3) : 1 + random.nextInt(2); i > 0; i--) {
            out.add(new Content.ToolCall(
                    "call_" + ++calls, pieces.name(), pieces.object().text()));
        }
        return out;
    }

    ChatAnswer answer() {
        boolean probabilities = WITH_FORMATS_AND_PROBABILITIES.containsAll(dialects);
        List<ChatAnswer.Choice> choices = new ArrayList<>();
        for (int i = WITH_CHOICES.containsAll(dialects) ? random.nextInt(3) : 0; i >= 0; i--) {
            List<Content> content = content();
            boolean called = content.stream().anyMatch(Content.ToolCall.class::isInstance);
            FinishReason plain = random.nextBoolean() ? FinishReason.STOP : FinishReason.LENGTH;
            choices.add(new ChatAnswer.Choice(
                    content,
                    called ? FinishReason.TOOL_CALLS : plain,
                    probabilities && !called ? probabilities() : List.of()));
        }
        return ChatAnswer.of("", "model", choices, usage());
    }

    private TokenUsage usage() {
        Integer cached = among(WITHOUT_OLLAMA, () -> random.nextInt(100));
        Integer reasoning = among(WITH_CHOICES, () -> random.nextInt(100));
        int read = cached == null ? 0 : cached;
        int thought = reasoning == null ? 0 : reasoning;
        return new TokenUsage(
                read + 1 + random.nextInt(1000),
                thought + 1 + random.nextInt(1000),
                read,
                0,
                thought,
                0,
                0,
                TokenUsage.Source.PROVIDER);
    }

    private List<TokenProbability> probabilities() {
        List<TokenProbability> out = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            List<TokenProbability.Candidate> likeliest = new ArrayList<>();
            for (int j = random.nextInt(3); j > 0; j--) {
                likeliest.add(new TokenProbability.Candidate(pieces.text(), -random.nextDouble()));
            }
            out.add(new TokenProbability(pieces.text(), -random.nextDouble(), likeliest));
        }
        return out;
    }

    /** The answer in pieces, those of several choices mixed. */
    List<StreamEvent> stream(ChatAnswer answer) {
        List<StreamEvent> out = new ArrayList<>();
        out.add(new StreamEvent.Started("id", answer.model(), TokenUsage.NONE));
        List<Queue<StreamEvent>> choices = new ArrayList<>();
        answer.choices().forEach(choice -> choices.add(new ArrayDeque<>(stream(choice))));
        int present = 0;
        while (choices.stream().anyMatch(choice -> !choice.isEmpty())) {
            int next = random.nextInt(choices.size());
            StreamEvent event = choices.get(next).poll();
            if (event != null && next != present) {
                out.add(new StreamEvent.Choice(next));
                present = next;
            }
            if (event != null) {
                out.add(event);
            }
        }
        out.add(new StreamEvent.Usage(answer.usage()));
        return out;
    }

    private List<StreamEvent> stream(ChatAnswer.Choice choice) {
        List<StreamEvent> out = new ArrayList<>();
        if (!choice.probabilities().isEmpty()) {
            out.add(new StreamEvent.Probabilities(choice.probabilities()));
        }
        List<Queue<StreamEvent>> called = new ArrayList<>();
        int index = 0;
        for (Content content : choice.content()) {
            if (content instanceof Content.Text(String text, var _)) {
                pieces.pieces(text).forEach(piece -> out.add(new StreamEvent.Text(piece)));
            } else if (content instanceof Content.ToolCall call) {
                called.add(new ArrayDeque<>(List.of(new StreamEvent.ToolCallStarted(index, call.id(), call.name()))));
                for (String piece : pieces.pieces(call.arguments())) {
                    called.getLast().add(new StreamEvent.ToolCallArguments(index, piece));
                }
                index++;
            }
        }
        mix(called, out);
        out.add(new StreamEvent.Finished(choice.finish(), null));
        return out;
    }

    /** Calls begin in their order, and their pieces come in any. */
    private void mix(List<Queue<StreamEvent>> calls, List<StreamEvent> out) {
        int begun = 0;
        while (calls.stream().anyMatch(call -> !call.isEmpty())) {
            int next = random.nextInt(Math.min(calls.size(), begun + 1));
            begun += next == begun ? 1 : 0;
            StreamEvent event = calls.get(next).poll();
            if (event != null) {
                out.add(event);
            }
        }
    }
}
