package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes a stream of typed events ("Streaming events" of OpenAI's API reference): items are begun and ended as the kind of what comes
 * changes, and the last event has all of them once more, so that they are kept until then.
 */
final class ResponsesStreamWriter implements StreamWriter {
    private static final int MAX_KEPT = 16 * 1024 * 1024;

    /** What one takes, in characters. */
    private static final int PROBABILITY = 32;

    private final ChatRequest request;
    private final long created;
    private final List<Content> items = new ArrayList<>();
    private final List<List<TokenProbability>> probabilities = new ArrayList<>();
    // of the item that is open, the last of which are still to be told
    private final List<TokenProbability> tokens = new ArrayList<>();
    private int tokensTold;
    private final StringBuilder text = new StringBuilder();
    private Kind open = Kind.NONE;
    private int call = -1;
    private String callId = "";
    private String callName = "";
    private int kept;
    private boolean cut;
    private int sequence;
    private String id = "";
    private String model = "";
    private FinishReason reason = FinishReason.STOP;
    private TokenUsage usage = TokenUsage.NONE;

    private enum Kind {
        NONE("", ""),
        TEXT("msg", "response.output_text"),
        REFUSAL("msg", "response.refusal"),
        THINKING("rs", "response.reasoning_summary_text"),
        CALL("fc", "response.function_call_arguments");

        private final String prefix;
        private final String event;

        Kind(String prefix, String event) {
            this.prefix = prefix;
            this.event = event;
        }
    }

    ResponsesStreamWriter(ChatRequest request, long created) {
        this.request = request;
        this.created = created;
    }

    @Override
    public void write(StreamEvent event, JsonOut out) throws UpstreamException {
        switch (event) {
            case StreamEvent.Started(String itsId, String itsModel, TokenUsage known) -> {
                id = itsId;
                model = itsModel;
                usage = known;
                whole(out, "response.created", false);
                whole(out, "response.in_progress", false);
            }
            case StreamEvent.Text(String piece) -> piece(out, Kind.TEXT, piece);
            case StreamEvent.Refusal(String piece) -> piece(out, Kind.REFUSAL, piece);
            case StreamEvent.Thinking(String piece) -> piece(out, Kind.THINKING, piece);
            case StreamEvent.ThinkingSigned(String signature) -> {
                if (open == Kind.THINKING) {
                    close(out, signature);
                } else {
                    textless(out, new Content.Thinking("", signature), signature);
                }
            }
            case StreamEvent.RedactedThinking(String data) ->
                textless(out, new Content.RedactedThinking(data), ResponsesItems.redacted(data));
            case StreamEvent.ToolCallStarted(int index, String itsId, String name) -> {
                close(out, null);
                call = index;
                callId = itsId;
                callName = name;
                begin(out, Kind.CALL);
            }
            case StreamEvent.ToolCallArguments(int index, String piece) -> {
                if (open != Kind.CALL || index != call) {
                    throw Unreadable.because("pieces of several tool calls are mixed");
                }
                piece(out, Kind.CALL, piece);
            }
            case StreamEvent.Finished(FinishReason why, var _) -> reason = why;
            case StreamEvent.Usage(TokenUsage known) -> usage = known;
            case StreamEvent.Probabilities(var some) -> next(some);
            // several choices are asked for in other dialects alone
            case StreamEvent.Choice _, StreamEvent.Failed _ -> {}
        }
    }

    /** Come before the text that they are of, as a rule. */
    private void next(List<TokenProbability> some) throws UpstreamException {
        for (TokenProbability token : some) {
            keep(token.token().length() + PROBABILITY * (1 + token.likeliest().size()));
        }
        tokens.addAll(some);
    }

    private void keep(int length) throws UpstreamException {
        kept += length;
        if (kept > MAX_KEPT) {
            throw Unreadable.because("it is longer than " + MAX_KEPT + " characters");
        }
    }

    private void piece(JsonOut out, Kind kind, String piece) throws UpstreamException {
        keep(piece.length());
        begin(out, kind);
        if (kind != Kind.TEXT) {
            tokens.clear(); // others have no place for them
        }
        text.append(piece);
        part(out, kind, "delta").member("delta", piece);
        if (kind == Kind.TEXT) {
            ResponsesItems.probabilities(out, tokens.subList(tokensTold, tokens.size()));
            tokensTold = tokens.size();
        }
        send(out);
    }

    /** The item and its only part, unless one of the kind is open. */
    private void begin(JsonOut out, Kind kind) {
        if (open == kind) {
            return;
        }
        List<TokenProbability> next = List.copyOf(tokens.subList(tokensTold, tokens.size()));
        tokens.subList(tokensTold, tokens.size()).clear();
        close(out, null);
        tokens.addAll(next);
        open = kind;
        event(out, "response.output_item.added")
                .member("output_index", items.size())
                .name("item");
        item(out, null, null);
        send(out);
        if (kind == Kind.TEXT || kind == Kind.REFUSAL) {
            place(event(out, "response.content_part.added"), "content_index").name("part");
            ResponsesItems.part(out, said(), List.of());
            send(out);
        } else if (kind == Kind.THINKING) {
            place(event(out, "response.reasoning_summary_part.added"), "summary_index")
                    .name("part");
            ResponsesItems.summary(out, "");
            send(out);
        }
    }

    private Content said() {
        return open == Kind.REFUSAL ? new Content.Refusal(text.toString()) : new Content.Text(text.toString());
    }

    /** @param done what became of it; null: it has just begun */
    private void item(JsonOut out, @Nullable Content done, @Nullable String signature) {
        String itemId = itemId();
        String status =
                done == null ? ResponsesItems.IN_PROGRESS : cut ? ResponsesItems.INCOMPLETE : ResponsesItems.COMPLETED;
        switch (open) {
            case TEXT, REFUSAL ->
                ResponsesItems.message(out, itemId, status, done, done instanceof Content.Text ? tokens : List.of());
            case THINKING -> ResponsesItems.reasoning(out, itemId, done == null ? null : text.toString(), signature);
            case CALL ->
                ResponsesItems.call(out, itemId, status, new Content.ToolCall(callId, callName, text.toString()));
            case NONE -> {}
        }
    }

    private String itemId() {
        return ResponsesItems.id(open.prefix, id, items.size());
    }

    private void close(JsonOut out, @Nullable String signature) {
        if (open == Kind.NONE) {
            return;
        }
        String whole = text.toString();
        Content done = switch (open) {
            case THINKING -> new Content.Thinking(whole, signature);
            case CALL -> new Content.ToolCall(callId, callName, whole);
            case TEXT, REFUSAL, NONE -> said();
        };
        part(out, open, "done");
        switch (open) {
            case CALL -> out.member("arguments", whole).member("name", callName);
            case REFUSAL -> out.member("refusal", whole);
            case THINKING -> out.member("text", whole);
            case TEXT, NONE -> {
                out.member("text", whole);
                ResponsesItems.probabilities(out, tokens);
            }
        }
        send(out);
        if (open == Kind.THINKING) {
            place(event(out, "response.reasoning_summary_part.done"), "summary_index")
                    .name("part");
            ResponsesItems.summary(out, whole);
            send(out);
        } else if (open != Kind.CALL) {
            place(event(out, "response.content_part.done"), "content_index").name("part");
            ResponsesItems.part(out, done, tokens);
            send(out);
        }
        event(out, "response.output_item.done")
                .member("output_index", items.size())
                .name("item");
        item(out, done, signature);
        send(out);
        ended(done);
    }

    private void ended(Content done) {
        add(done, done instanceof Content.Text ? List.copyOf(tokens) : List.of());
        text.setLength(0);
        tokens.clear();
        tokensTold = 0;
        open = Kind.NONE;
    }

    /** Thoughts that have no text, or had it before. */
    private void textless(JsonOut out, Content thought, String signature) {
        close(out, null);
        String itemId = ResponsesItems.id("rs", id, items.size());
        for (String event : List.of("response.output_item.added", "response.output_item.done")) {
            event(out, event).member("output_index", items.size()).name("item");
            ResponsesItems.reasoning(out, itemId, null, signature);
            send(out);
        }
        add(thought, List.of());
    }

    private void add(Content item, List<TokenProbability> itsTokens) {
        items.add(item);
        probabilities.add(itsTokens);
    }

    private JsonOut part(JsonOut out, Kind kind, String what) {
        String index = switch (kind) {
            case THINKING -> "summary_index";
            case CALL -> "";
            case TEXT, REFUSAL, NONE -> "content_index";
        };
        return place(event(out, kind.event + "." + what), index);
    }

    private JsonOut place(JsonOut out, String index) {
        out.member("item_id", itemId()).member("output_index", items.size());
        return index.isEmpty() ? out : out.member(index, 0);
    }

    private JsonOut event(JsonOut out, String type) {
        out.raw("event: ").raw(type).raw("\ndata: ").open().member("type", type);
        return out.member("sequence_number", sequence++);
    }

    private static void send(JsonOut out) {
        out.close().raw("\n\n");
    }

    private void whole(JsonOut out, String type, boolean done) {
        event(out, type).name("response");
        ChatAnswer answer = new ChatAnswer(id, model, items, reason, null, usage);
        new ResponsesAnswers(out, request, created).write(answer, probabilities, done);
        send(out);
    }

    @Override
    public void end(JsonOut out) {
        cut = reason == FinishReason.LENGTH || reason == FinishReason.REFUSED;
        close(out, null);
        whole(out, cut ? "response.incomplete" : "response.completed", true);
    }
}
