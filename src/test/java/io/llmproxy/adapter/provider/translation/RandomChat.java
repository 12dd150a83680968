package io.llmproxy.adapter.provider.translation;

import io.llmproxy.adapter.provider.support.chat.ToolLoops;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import io.llmproxy.domain.usage.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Conversations of what OpenAI's and Anthropic's dialects share. */
final class RandomChat {
    static final ChatRequest STREAMED = new ChatRequest(
            "m",
            List.of(),
            null,
            Sampling.DEFAULT,
            3,
            null,
            List.of(),
            null,
            null,
            null,
            null,
            null,
            null,
            true,
            true,
            true,
            ChatRequest.Echo.NONE);

    private static final String[] PIECES = {
        "a", " ", "\n", "\"", "\\", "ü", "👋", "{", "}", "[", ",", ":", "data:", "\u0001", "\t", "0", "\u2028", "</x>"
    };

    private final Random random;

    RandomChat(Random random) {
        this.random = random;
    }

    <T> @Nullable T perhaps(Supplier<T> value) {
        return random.nextBoolean() ? value.get() : null;
    }

    String text() {
        StringBuilder out = new StringBuilder("t");
        for (int i = random.nextInt(6); i > 0; i--) {
            out.append(PIECES[random.nextInt(PIECES.length)]);
        }
        return out.toString();
    }

    String name() {
        return "n" + random.nextInt(1000);
    }

    JsonText object() {
        return random.nextBoolean()
                ? JsonText.EMPTY_OBJECT
                : new JsonText("{\"x\":[" + random.nextInt() + ",1.50,true,null,\"" + name() + "\"],\"y\":{}}");
    }

    ChatRequest request() {
        List<Tool> tools = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            tools.add(new Tool(name(), perhaps(this::text), object(), perhaps(() -> true), null));
        }
        boolean called = !tools.isEmpty();
        Boolean one = called ? perhaps(() -> false) : null;
        boolean stream = random.nextBoolean();
        List<Message> messages = messages();
        // one call at a time needs a choice to say it in
        ToolChoice choice = called ? one == null ? perhaps(this::choice) : new ToolChoice.Auto() : null;
        boolean forced = choice instanceof ToolChoice.Required || choice instanceof ToolChoice.Named;
        return new ChatRequest(
                "claude-sonnet-4-5",
                messages,
                40_000 + random.nextInt(1000),
                sampling(),
                1,
                null,
                tools,
                choice,
                one,
                perhaps(() -> new ResponseFormat.JsonSchema("output", null, object(), true)),
                // Claude thinks neither where it must call a tool nor behind results where its thoughts are not there
                forced || ToolLoops.unthought(messages) ? null : perhaps(this::reasoning),
                perhaps(this::name),
                perhaps(() -> random.nextBoolean() ? "auto" : "default"),
                stream,
                stream,
                true,
                ChatRequest.Echo.NONE);
    }

    private Reasoning reasoning() {
        Reasoning.Effort[] levels = Reasoning.Effort.values();
        return new Reasoning.Level(levels[1 + random.nextInt(levels.length - 1)]);
    }

    private Sampling sampling() {
        return new Sampling(
                perhaps(random::nextDouble),
                perhaps(random::nextDouble),
                null,
                null,
                null,
                null,
                random.nextBoolean() ? List.of() : List.of(text(), text()));
    }

    private ToolChoice choice() {
        return switch (random.nextInt(4)) {
            case 0 -> new ToolChoice.Auto();
            case 1 -> new ToolChoice.None();
            case 2 -> new ToolChoice.Required();
            default -> new ToolChoice.Named(name());
        };
    }

    private List<Message> messages() {
        List<Message> out = new ArrayList<>();
        if (random.nextBoolean()) {
            out.add(new Message(Role.SYSTEM, texts(), null));
        }
        out.add(new Message(Role.USER, said(), null));
        for (int turns = random.nextInt(3); turns > 0; turns--) {
            List<Content> answer = content(false);
            out.add(new Message(Role.ASSISTANT, answer, null));
            for (Content piece : answer) {
                if (piece instanceof Content.ToolCall call) {
                    out.add(Message.of(Role.TOOL, new Content.ToolResult(call.id(), texts(), false, null)));
                }
            }
            out.add(new Message(Role.USER, said(), null));
        }
        return out;
    }

    private List<Content> texts() {
        List<Content> out = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            out.add(new Content.Text(text()));
        }
        return out;
    }

    private List<Content> said() {
        List<Content> out = texts();
        switch (random.nextInt(4)) {
            case 0 -> out.add(new Content.Image(new Source.Bytes("image/png", "iVBORw0KGgo="), null, null));
            case 1 -> out.add(new Content.Image(new Source.Url("https://example.com/" + name()), null, null));
            case 2 -> out.add(new Content.File(new Source.Bytes("application/pdf", "JVBERi0="), name(), null));
            default -> {}
        }
        return out;
    }

    /** What a model says, in the order in which both dialects have it. */
    private List<Content> content(boolean whole) {
        List<Content> out = new ArrayList<>();
        if (random.nextInt(3) == 0) {
            out.add(new Content.Thinking(text(), "sig" + random.nextInt(1000)));
        }
        if (random.nextInt(5) == 0) {
            out.add(new Content.RedactedThinking("data" + random.nextInt(1000)));
        }
        boolean text = random.nextInt(4) > 0;
        if (text) {
            out.addAll(whole ? List.of(new Content.Text(text())) : texts());
        }
        for (int i = text ? random.nextInt(3) : 1 + random.nextInt(2); i > 0; i--) {
            out.add(new Content.ToolCall("call_" + random.nextInt(100_000), name(), object().text()));
        }
        return out;
    }

    ChatAnswer answer() {
        List<Content> content = content(true);
        boolean called = content.stream().anyMatch(Content.ToolCall.class::isInstance);
        FinishReason[] plain = {FinishReason.STOP, FinishReason.LENGTH, FinishReason.REFUSED};
        long cached = random.nextInt(100);
        long written = random.nextInt(100);
        TokenUsage usage = new TokenUsage(
                cached + written + random.nextInt(1000),
                random.nextInt(1000),
                cached,
                written,
                0,
                0,
                0,
                TokenUsage.Source.PROVIDER);
        return new ChatAnswer(
                "id" + random.nextInt(1000),
                "model",
                content,
                called ? FinishReason.TOOL_CALLS : plain[random.nextInt(plain.length)],
                null,
                usage);
    }

    /** The same answer in pieces. */
    List<StreamEvent> stream(ChatAnswer answer) {
        List<StreamEvent> out = new ArrayList<>();
        out.add(new StreamEvent.Started(answer.id(), answer.model(), TokenUsage.NONE));
        int calls = 0;
        for (Content content : answer.content()) {
            switch (content) {
                case Content.Text(String text, var _) ->
                    pieces(text).forEach(piece -> out.add(new StreamEvent.Text(piece)));
                case Content.Thinking(String text, var signature) -> {
                    pieces(text).forEach(piece -> out.add(new StreamEvent.Thinking(piece)));
                    out.add(new StreamEvent.ThinkingSigned(signature == null ? "" : signature));
                }
                case Content.RedactedThinking(String data) -> out.add(new StreamEvent.RedactedThinking(data));
                case Content.ToolCall call -> {
                    int index = calls++;
                    out.add(new StreamEvent.ToolCallStarted(index, call.id(), call.name()));
                    pieces(call.arguments()).forEach(piece -> out.add(new StreamEvent.ToolCallArguments(index, piece)));
                }
                case Content.Image _, Content.File _, Content.Audio _, Content.ToolResult _, Content.Refusal _ ->
                    throw new AssertionError(content);
            }
        }
        out.add(new StreamEvent.Finished(answer.finish(), null));
        out.add(new StreamEvent.Usage(answer.usage()));
        return out;
    }

    List<String> pieces(String text) {
        int cut = text.offsetByCodePoints(0, random.nextInt(text.codePointCount(0, text.length())));
        return cut == 0 ? List.of(text) : List.of(text.substring(0, cut), text.substring(cut));
    }
}
