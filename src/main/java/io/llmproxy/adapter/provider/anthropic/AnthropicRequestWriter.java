package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ToolLoops;
import io.llmproxy.adapter.provider.support.chat.ToolNames;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes a request as Anthropic's API reference has it. */
final class AnthropicRequestWriter {
    /** The bound of an answer where the client names none: what every model of Anthropic's grants. */
    static final int DEFAULT_MAX_TOKENS = 4096;

    /** The smallest budget of thoughts that Anthropic takes ("Extended thinking"). */
    private static final int LEAST_BUDGET = 1024;

    /** Of a tool ("Define tools"). */
    private static final int LONGEST_NAME = 128;

    private final ChatRequest request;
    private final Notes notes;
    private final JsonOut out = new JsonOut();

    AnthropicRequestWriter(ChatRequest request, Notes notes) {
        this.request = request;
        this.notes = notes;
    }

    byte[] write() {
        out.open().member("model", request.model());
        new AnthropicMessageWriter(out, notes).write(request.messages());
        int budget = budget();
        int most = request.maxTokens() == null ? budget + DEFAULT_MAX_TOKENS : request.maxTokens();
        out.member("max_tokens", most);
        sampling(request.sampling());
        refuse();
        if (!request.tools().isEmpty()) {
            tools();
        }
        reasoning(budget);
        output();
        if (request.user() != null) {
            out.name("metadata").open().member("user_id", request.user()).close();
        }
        tier();
        if (request.stream()) {
            out.member("stream", true);
        }
        return out.close().take();
    }

    private void sampling(Sampling sampling) {
        if (sampling.temperature() != null && sampling.temperature() > 1) {
            notes.unsupported("temperature");
        } else {
            out.optional("temperature", sampling.temperature());
        }
        out.optional("top_p", sampling.topP()).optional("top_k", sampling.topK());
        if (!sampling.stop().isEmpty()) {
            out.name("stop_sequences").openList();
            sampling.stop().forEach(out::text);
            out.closeList();
        }
    }

    private void refuse() {
        refuseIf(request.choices() > 1, "n");
        refuseIf(request.topLogprobs() != null, "logprobs");
        refuseIf(request.sampling().seed() != null, "seed");
        refuseIf(request.sampling().presencePenalty() != null, "presence_penalty");
        refuseIf(request.sampling().frequencyPenalty() != null, "frequency_penalty");
    }

    private void refuseIf(boolean asked, String parameter) {
        if (asked) {
            notes.unsupported(parameter);
        }
    }

    private void tools() {
        ToolNames.bound(request.tools(), LONGEST_NAME, notes);
        out.name("tools").openList();
        request.tools().forEach(this::tool);
        out.closeList();
        ToolChoice choice = request.toolChoice();
        boolean one = Boolean.FALSE.equals(request.parallelToolCalls());
        if (choice == null && !one) {
            return;
        }
        out.name("tool_choice").open();
        switch (choice) {
            case null -> out.member("type", "auto");
            case ToolChoice.Auto() -> out.member("type", "auto");
            case ToolChoice.None() -> out.member("type", "none");
            case ToolChoice.Required() -> out.member("type", "any");
            case ToolChoice.Named(String name) -> out.member("type", "tool").member("name", name);
        }
        if (one && !(choice instanceof ToolChoice.None)) {
            out.member("disable_parallel_tool_use", true);
        }
        out.close();
    }

    private void tool(Tool tool) {
        out.open().member("name", tool.name()).optional("description", tool.description());
        out.member("input_schema", tool.schema());
        if (Boolean.TRUE.equals(tool.strict())) {
            out.member("strict", true);
        }
        AnthropicMessageWriter.cache(out, tool.cache());
        out.close();
    }

    /** How many tokens the thoughts may have, where that is to be said; else 0. */
    private int budget() {
        int budget = wanted();
        if (budget > 0 && !ToolLoops.mayThink(request, notes)) {
            return 0;
        }
        return budget;
    }

    private int wanted() {
        return switch (request.reasoning()) {
            case Reasoning.Budget(int tokens) -> tokens;
            case Reasoning.Level(var effort) when thinksByBudget() -> bounded(effort.tokens());
            case Reasoning.Adaptive(var effort)
            when thinksByBudget() -> bounded((effort == null ? Reasoning.Effort.MEDIUM : effort).tokens());
            case Reasoning.Level _, Reasoning.Adaptive _, Reasoning.Off _ -> 0;
            case null -> 0;
        };
    }

    /** The bound of the answer is that of the thoughts, too, and must be larger. */
    private int bounded(int tokens) {
        Integer most = request.maxTokens();
        int budget = most == null ? tokens : Math.min(tokens, most - 1);
        if (budget < LEAST_BUDGET) {
            notes.unsupported("reasoning_effort");
            return 0;
        }
        return budget;
    }

    /** The models up to generation 4.5 are told a budget, the later ones how hard to think. */
    private boolean thinksByBudget() {
        return request.model()
                .toLowerCase(Locale.ROOT)
                .matches(".*claude-(3|[a-z]+-4(-[0-5])?(-20\\d{6}|-latest|@.*|-v\\d.*)?$).*");
    }

    private void reasoning(int budget) {
        if (budget > 0) {
            out.name("thinking").open().member("type", "enabled").member("budget_tokens", budget);
            out.close();
            return;
        }
        switch (request.reasoning()) {
            case Reasoning.Off() ->
                out.name("thinking").open().member("type", "disabled").close();
            case Reasoning.Level _, Reasoning.Adaptive _ -> {
                if (!thinksByBudget()) {
                    adaptive();
                }
            }
            case Reasoning.Budget _ -> {}
            case null -> {}
        }
    }

    private void adaptive() {
        out.name("thinking").open().member("type", "adaptive").close();
    }

    private void output() {
        String effort = effort();
        ResponseFormat format = request.format();
        if (format instanceof ResponseFormat.JsonObject) {
            notes.unsupported("response_format");
        }
        boolean schema = format instanceof ResponseFormat.JsonSchema;
        if (effort == null && !schema) {
            return;
        }
        out.name("output_config").open().optional("effort", effort);
        if (format instanceof ResponseFormat.JsonSchema known) {
            out.name("format").open().member("type", "json_schema").member("schema", known.schema());
            out.close();
        }
        out.close();
    }

    private @Nullable String effort() {
        Reasoning.Effort effort = switch (request.reasoning()) {
            case Reasoning.Level(var level) -> thinksByBudget() ? null : level;
            case Reasoning.Adaptive(var level) -> thinksByBudget() ? null : level;
            case Reasoning.Off _, Reasoning.Budget _ -> null;
            case null -> null;
        };
        return switch (effort) {
            case null -> null;
            case MINIMAL, LOW -> "low";
            case MEDIUM -> "medium";
            case HIGH -> "high";
            case XHIGH -> "max";
        };
    }

    private void tier() {
        switch (request.serviceTier()) {
            case null -> {}
            case "auto" -> out.member("service_tier", "auto");
            case "default" -> out.member("service_tier", "standard_only");
            default -> notes.unsupported("service_tier");
        }
    }
}
