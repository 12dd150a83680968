package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import io.llmproxy.domain.usage.TokenUsage;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes a {@code response}: what was asked, what came of it, and how it ended. */
final class ResponsesAnswers {
    private static final JsonText NO_METADATA = new JsonText("{}");

    private final JsonOut out;
    private final ChatRequest request;
    private final long created;

    ResponsesAnswers(JsonOut out, ChatRequest request, long created) {
        this.out = out;
        this.request = request;
        this.created = created;
    }

    static byte[] write(ChatRequest request, ChatAnswer answer, long created) {
        JsonOut out = new JsonOut();
        List<List<TokenProbability>> tokens = ResponsesItems.apportioned(answer.content(), answer.probabilities());
        new ResponsesAnswers(out, request, created).write(answer, tokens, true);
        return out.take();
    }

    /**
     * As a value.
     *
     * @param tokens of each piece of the content how likely its tokens were
     */
    void write(ChatAnswer answer, List<List<TokenProbability>> tokens, boolean done) {
        boolean whole = answer.finish() != FinishReason.LENGTH && answer.finish() != FinishReason.REFUSED;
        out.open()
                .member("id", ResponsesItems.id("resp", answer.id()))
                .member("object", "response")
                .member("created_at", created);
        out.member("status", !done ? "in_progress" : whole ? "completed" : "incomplete");
        out.name("error").nothing();
        out.name("incomplete_details");
        if (done && !whole) {
            boolean length = answer.finish() == FinishReason.LENGTH;
            out.open()
                    .member("reason", length ? "max_output_tokens" : "content_filter")
                    .close();
        } else {
            out.nothing();
        }
        out.member("model", answer.model()).name("output").openList();
        items(answer.id(), answer.content(), tokens, !done || whole);
        out.closeList();
        asked();
        if (done && answer.usage().source() != TokenUsage.Source.NONE) {
            usage(answer.usage());
        } else {
            out.name("usage").nothing();
        }
        out.close();
    }

    private void items(String id, List<Content> content, List<List<TokenProbability>> tokens, boolean whole) {
        int index = 0;
        for (Content item : content) {
            boolean cut = !whole && index == content.size() - 1;
            String status = cut ? ResponsesItems.INCOMPLETE : ResponsesItems.COMPLETED;
            switch (item) {
                case Content.Text _, Content.Refusal _ ->
                    ResponsesItems.message(out, ResponsesItems.id("msg", id, index), status, item, tokens.get(index));
                case Content.Thinking(String text, var signature) ->
                    ResponsesItems.reasoning(out, ResponsesItems.id("rs", id, index), text, signature);
                case Content.RedactedThinking(String data) ->
                    ResponsesItems.reasoning(
                            out, ResponsesItems.id("rs", id, index), null, ResponsesItems.redacted(data));
                case Content.ToolCall call ->
                    ResponsesItems.call(out, ResponsesItems.id("fc", id, index), status, call);
                case Content.Image _, Content.File _, Content.Audio _, Content.ToolResult _ -> {}
            }
            index++;
        }
    }

    private void asked() {
        String instructions = request.echo().instructions();
        if (instructions == null) {
            out.name("instructions").nothing();
        } else {
            out.member("instructions", instructions);
        }
        nullable("max_output_tokens", request.maxTokens());
        JsonText metadata = request.echo().metadata();
        out.member("metadata", metadata == null ? NO_METADATA : metadata);
        out.member("parallel_tool_calls", !Boolean.FALSE.equals(request.parallelToolCalls()));
        out.name("previous_response_id").nothing();
        reasoning(request.reasoning());
        out.member("service_tier", "default").member("store", false);
        nullable("temperature", request.sampling().temperature());
        out.optional("top_logprobs", request.topLogprobs());
        nullable("top_p", request.sampling().topP());
        format(request.format());
        choice(request.toolChoice());
        out.name("tools").openList();
        request.tools().forEach(this::tool);
        out.closeList().member("truncation", "disabled");
    }

    private void nullable(String name, @Nullable Number value) {
        if (value == null) {
            out.name(name).nothing();
        } else {
            out.optional(name, value);
        }
    }

    private void reasoning(@Nullable Reasoning reasoning) {
        out.name("reasoning").open();
        if (reasoning instanceof Reasoning.Level(var effort)) {
            out.member("effort", effort.name().toLowerCase(Locale.ROOT));
        } else {
            out.name("effort").nothing();
        }
        out.name("summary").nothing().close();
    }

    private void format(@Nullable ResponseFormat format) {
        out.name("text").open().name("format").open();
        switch (format) {
            case null -> out.member("type", "text");
            case ResponseFormat.JsonObject() -> out.member("type", "json_object");
            case ResponseFormat.JsonSchema schema -> {
                out.member("type", "json_schema").member("name", schema.name());
                out.optional("description", schema.description());
                out.member("schema", schema.schema()).optional("strict", schema.strict());
            }
        }
        out.close().close();
    }

    private void choice(@Nullable ToolChoice choice) {
        switch (choice) {
            case null -> out.member("tool_choice", "auto");
            case ToolChoice.Auto() -> out.member("tool_choice", "auto");
            case ToolChoice.None() -> out.member("tool_choice", "none");
            case ToolChoice.Required() -> out.member("tool_choice", "required");
            case ToolChoice.Named(String name) ->
                out.name("tool_choice")
                        .open()
                        .member("type", "function")
                        .member("name", name)
                        .close();
        }
    }

    private void tool(Tool tool) {
        out.open().member("type", "function").member("name", tool.name());
        out.optional("description", tool.description()).member("parameters", tool.schema());
        out.member("strict", Boolean.TRUE.equals(tool.strict())).close();
    }

    private void usage(TokenUsage usage) {
        out.name("usage").open().member("input_tokens", usage.input());
        out.name("input_tokens_details").open().member("cached_tokens", usage.cachedInput());
        out.member("cache_write_tokens", usage.cacheWrite()).close().member("output_tokens", usage.output());
        out.name("output_tokens_details").open().member("reasoning_tokens", usage.reasoning());
        out.close().member("total_tokens", usage.total()).close();
    }
}
