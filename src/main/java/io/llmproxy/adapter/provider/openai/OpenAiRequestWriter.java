package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ToolNames;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.Quirk;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes a request as OpenAI's API reference has it, for OpenAI itself or one of those that follow it. */
final class OpenAiRequestWriter {
    /** Of a function's name, and of a user's. */
    private static final int LONGEST_NAME = 64;

    private final ChatRequest request;
    private final ProviderAccount account;
    private final Notes notes;
    private final JsonOut out = new JsonOut();

    OpenAiRequestWriter(ChatRequest request, ProviderAccount account, Notes notes) {
        this.request = request;
        this.account = account;
        this.notes = notes;
    }

    byte[] write() {
        out.open().member("model", request.model());
        out.name("messages").openList();
        ProviderKind kind = account.kind();
        OpenAiMessageWriter messages = new OpenAiMessageWriter(out, kind, notes);
        request.messages().forEach(messages::write);
        out.closeList();
        // OpenAI's newer models refuse the old name; servers that follow its format know that one alone
        out.optional(kind.has(Quirk.NEW_TOKEN_BOUND) ? "max_completion_tokens" : "max_tokens", request.maxTokens());
        sampling(request.sampling());
        if (request.choices() > 1) {
            out.member("n", request.choices());
        }
        boolean strict = kind.has(Quirk.KNOWN_FIELDS_ONLY);
        if (request.topLogprobs() != null && strict) {
            notes.unsupported("logprobs");
        } else if (request.topLogprobs() != null) {
            out.member("logprobs", true).optional("top_logprobs", request.topLogprobs());
        }
        tools();
        format();
        reasoning();
        user();
        tier(strict);
        stream();
        return out.close().take();
    }

    private void tier(boolean strict) {
        String tier = request.serviceTier();
        if (!strict) {
            out.optional("service_tier", tier);
        } else if (tier != null && !tier.equals("auto") && !tier.equals("default")) {
            notes.unsupported("service_tier");
        }
    }

    private void sampling(Sampling sampling) {
        out.optional("temperature", sampling.temperature()).optional("top_p", sampling.topP());
        if (account.kind().has(Quirk.TOP_K)) {
            out.optional("top_k", sampling.topK());
        } else if (sampling.topK() != null) {
            notes.unsupported("top_k");
        }
        out.optional(account.kind().has(Quirk.RANDOM_SEED) ? "random_seed" : "seed", sampling.seed())
                .optional("presence_penalty", sampling.presencePenalty())
                .optional("frequency_penalty", sampling.frequencyPenalty());
        if (!sampling.stop().isEmpty()) {
            out.name("stop").openList();
            sampling.stop().forEach(out::text);
            out.closeList();
        }
    }

    private void tools() {
        if (request.tools().isEmpty()) {
            return;
        }
        if (account.kind().has(Quirk.NO_TOOLS)) {
            throw notes.impossible("tools", "it calls none");
        }
        ToolNames.bound(request.tools(), LONGEST_NAME, notes);
        out.name("tools").openList();
        request.tools().forEach(this::tool);
        out.closeList();
        choice(request.toolChoice());
        out.optional("parallel_tool_calls", request.parallelToolCalls());
    }

    private void tool(Tool tool) {
        if (tool.cache() != null) {
            notes.hint("tools.cache_control");
        }
        out.open().member("type", "function").name("function").open();
        out.member("name", tool.name()).optional("description", tool.description());
        out.member("parameters", tool.schema()).optional("strict", tool.strict());
        out.close().close();
    }

    private void choice(@Nullable ToolChoice choice) {
        switch (choice) {
            case null -> {}
            case ToolChoice.Auto() -> out.member("tool_choice", "auto");
            case ToolChoice.None() -> out.member("tool_choice", "none");
            case ToolChoice.Required() -> out.member("tool_choice", "required");
            case ToolChoice.Named(String name) ->
                out.name("tool_choice")
                        .open()
                        .member("type", "function")
                        .name("function")
                        .open()
                        .member("name", name)
                        .close()
                        .close();
        }
    }

    private void format() {
        switch (request.format()) {
            case null -> {}
            case ResponseFormat.JsonObject() ->
                out.name("response_format").open().member("type", "json_object").close();
            case ResponseFormat.JsonSchema _
            when account.kind().has(Quirk.NO_SCHEMA) -> notes.unsupported("response_format");
            case ResponseFormat.JsonSchema schema -> {
                out.name("response_format").open().member("type", "json_schema");
                out.name("json_schema").open().member("name", schema.name());
                out.optional("description", schema.description());
                out.member("schema", schema.schema()).optional("strict", schema.strict());
                out.close().close();
            }
        }
    }

    /** Nothing is asked for where there is to be none and the model thinks only where it is asked to: such a model may refuse the field. */
    private void reasoning() {
        if (request.reasoning() instanceof Reasoning.Off) {
            unthinking();
            return;
        }
        Reasoning.Effort effort = switch (request.reasoning()) {
            case null -> null;
            case Reasoning.Off() -> null;
            case Reasoning.Level(var level) -> level;
            case Reasoning.Budget(int tokens) -> Reasoning.Effort.of(tokens);
            case Reasoning.Adaptive(var level) -> level;
        };
        if (effort == null) {
            return;
        }
        if (!account.kind().has(Quirk.KNOWN_FIELDS_ONLY)) {
            out.member("reasoning_effort", effort.name().toLowerCase(Locale.ROOT));
        } else if (request.model().startsWith("magistral")) {
            out.member("prompt_mode", "reasoning");
        } else {
            notes.unsupported("reasoning_effort");
        }
    }

    private void unthinking() {
        ThinkingOff off = ThinkingOff.of(account.kind(), request.model());
        if (off.told()) {
            notes.hint("reasoning_effort");
        }
        out.optional("reasoning_effort", off.effort());
    }

    private void user() {
        String user = request.user();
        boolean known = !account.kind().has(Quirk.KNOWN_FIELDS_ONLY);
        if (user != null && (user.length() > LONGEST_NAME || !known)) {
            notes.hint("metadata.user_id");
        } else {
            out.optional("user", user);
        }
    }

    private void stream() {
        if (request.stream()) {
            out.member("stream", true);
            if (account.askForStreamUsage()) {
                out.name("stream_options").open().member("include_usage", true).close();
            }
        }
    }
}
