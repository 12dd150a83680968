package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Writes a stream of events: blocks are begun and ended as the kind of what comes changes. */
final class AnthropicStreamWriter implements StreamWriter {
    /** Arguments of a call that are longer are believed. */
    private static final int MOST_CHECKED = 1024 * 1024;

    private int block = -1;
    private Kind open = Kind.NONE;
    private int call = -1;
    private @Nullable StringBuilder arguments;
    private boolean malformed;
    private TokenUsage usage = TokenUsage.NONE;
    private FinishReason reason = FinishReason.STOP;
    private @Nullable String stopSequence;

    private enum Kind {
        NONE,
        TEXT,
        THINKING,
        TOOL
    }

    @Override
    public void write(StreamEvent event, JsonOut out) throws UpstreamException {
        switch (event) {
            case StreamEvent.Started(String id, String model, TokenUsage known) -> start(id, model, known, out);
            case StreamEvent.Text(String piece) -> text(piece, out);
            case StreamEvent.Refusal(String piece) -> {
                reason = FinishReason.REFUSED;
                text(piece, out);
            }
            case StreamEvent.Thinking(String piece) -> {
                thinking(out);
                delta(out, "thinking_delta", "thinking", piece);
            }
            case StreamEvent.ThinkingSigned(String signature) -> {
                thinking(out);
                delta(out, "signature_delta", "signature", signature);
                close(out);
            }
            case StreamEvent.RedactedThinking(String data) -> {
                begin(out, Kind.THINKING).member("type", "redacted_thinking").member("data", data);
                begun(out);
                close(out);
            }
            case StreamEvent.ToolCallStarted(int index, String id, String name) -> {
                checkArguments();
                call = index;
                begin(out, Kind.TOOL).member("type", "tool_use").member("id", id);
                out.member("name", name).name("input").open().close();
                begun(out);
            }
            case StreamEvent.ToolCallArguments(int index, String piece) -> arguments(index, piece, out);
            case StreamEvent.Finished(FinishReason why, var sequence) -> {
                checkArguments();
                if (malformed && why != FinishReason.LENGTH) {
                    throw Unreadable.because("the arguments of a tool call are no JSON object");
                }
                reason = reason == FinishReason.REFUSED ? reason : why;
                stopSequence = sequence;
            }
            case StreamEvent.Usage(TokenUsage known) -> usage = known;
            // several choices are asked for in other dialects alone
            case StreamEvent.Choice _, StreamEvent.Probabilities _, StreamEvent.Failed _ -> {}
        }
    }

    private void start(String id, String model, TokenUsage known, JsonOut out) {
        usage = known;
        event(out, "message_start").name("message").open().member("id", id);
        out.member("type", "message").member("role", "assistant").member("model", model);
        out.name("content").openList().closeList();
        out.name("stop_reason").nothing().name("stop_sequence").nothing();
        AnthropicUsage.write(out.name("usage"), known);
        out.close();
        send(out);
    }

    private void text(String piece, JsonOut out) {
        if (open != Kind.TEXT) {
            begin(out, Kind.TEXT).member("type", "text").member("text", "");
            begun(out);
        }
        delta(out, "text_delta", "text", piece);
    }

    private void thinking(JsonOut out) {
        if (open != Kind.THINKING) {
            begin(out, Kind.THINKING)
                    .member("type", "thinking")
                    .member("thinking", "")
                    .member("signature", "");
            begun(out);
        }
    }

    /** Calls come one after the other here, and what belongs to an earlier one cannot be told any more. */
    private void arguments(int index, String piece, JsonOut out) throws UpstreamException {
        if (open != Kind.TOOL || index != call) {
            throw Unreadable.because("pieces of several tool calls are mixed");
        }
        arguments = arguments == null ? new StringBuilder() : arguments;
        if (arguments.length() <= MOST_CHECKED) {
            arguments.append(piece);
        }
        delta(out, "input_json_delta", "partial_json", piece);
    }

    /** Clients parse them only when they are whole, and must not take what is none for a call. */
    private void checkArguments() {
        StringBuilder whole = arguments;
        arguments = null;
        if (whole != null && whole.length() <= MOST_CHECKED) {
            String text = whole.toString();
            malformed |= !text.isBlank()
                    && !Json.parse(text.getBytes(StandardCharsets.UTF_8)).isObject();
        }
    }

    private JsonOut begin(JsonOut out, Kind kind) {
        close(out);
        open = kind;
        block++;
        return event(out, "content_block_start")
                .member("index", block)
                .name("content_block")
                .open();
    }

    private static void begun(JsonOut out) {
        out.close();
        send(out);
    }

    private void delta(JsonOut out, String type, String name, String piece) {
        event(out, "content_block_delta").member("index", block).name("delta").open();
        out.member("type", type).member(name, piece).close();
        send(out);
    }

    private void close(JsonOut out) {
        if (open != Kind.NONE) {
            event(out, "content_block_stop").member("index", block);
            send(out);
            open = Kind.NONE;
        }
    }

    private static JsonOut event(JsonOut out, String type) {
        return out.raw("event: ").raw(type).raw("\ndata: ").open().member("type", type);
    }

    private static void send(JsonOut out) {
        out.close().raw("\n\n");
    }

    @Override
    public void end(JsonOut out) {
        close(out);
        event(out, "message_delta").name("delta").open().member("stop_reason", AnthropicFinish.word(reason));
        if (stopSequence == null) {
            out.name("stop_sequence").nothing();
        } else {
            out.member("stop_sequence", stopSequence);
        }
        out.close();
        AnthropicUsage.write(out.name("usage"), usage);
        send(out);
        event(out, "message_stop");
        send(out);
    }
}
