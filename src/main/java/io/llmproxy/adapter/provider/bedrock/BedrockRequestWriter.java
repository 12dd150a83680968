package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ToolLoops;
import io.llmproxy.adapter.provider.support.chat.ToolNames;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes a request as Bedrock's API reference has it ("Converse"); what one family of models has besides is told apart by its name. */
final class BedrockRequestWriter {
    /** Of thoughts: fewer tokens are refused. */
    private static final int LEAST_BUDGET = 1024;

    /** Of a tool ({@code ToolSpecification}). */
    private static final int LONGEST_NAME = 64;

    private static final JsonText NO_ARGUMENTS = new JsonText("{\"type\":\"object\",\"properties\":{}}");

    private final ChatRequest request;
    private final Notes notes;
    private final boolean claude;
    private final BedrockModels models;
    private final JsonOut out = new JsonOut();

    BedrockRequestWriter(ChatRequest request, Notes notes) {
        this.request = request;
        this.notes = notes;
        this.claude = request.model().contains("anthropic.");
        this.models = new BedrockModels(request.model());
    }

    byte[] write() {
        refuse();
        out.open();
        boolean caches = claude || request.model().contains("amazon.nova");
        BedrockMessageWriter messages = new BedrockMessageWriter(out, caches, notes);
        messages.write(request.messages());
        inference(request.sampling());
        tools(messages);
        additional();
        output();
        tier();
        return out.close().take();
    }

    private void refuse() {
        Sampling sampling = request.sampling();
        refuseIf(request.choices() > 1, "n");
        refuseIf(request.topLogprobs() != null, "logprobs");
        refuseIf(sampling.seed() != null, "seed");
        refuseIf(sampling.presencePenalty() != null, "presence_penalty");
        refuseIf(sampling.frequencyPenalty() != null, "frequency_penalty");
        refuseIf(sampling.topK() != null && !claude, "top_k");
        refuseIf(request.format() != null && schema() == null, "response_format");
        refuseIf(
                Boolean.FALSE.equals(request.parallelToolCalls())
                        && !request.tools().isEmpty(),
                "parallel_tool_calls");
        if (request.user() != null) {
            notes.hint("user");
        }
    }

    private void refuseIf(boolean asked, String parameter) {
        if (asked) {
            notes.unsupported(parameter);
        }
    }

    private void inference(Sampling sampling) {
        out.name("inferenceConfig").open();
        out.optional("maxTokens", request.maxTokens())
                .optional("temperature", sampling.temperature())
                .optional("topP", sampling.topP());
        if (!sampling.stop().isEmpty()) {
            out.name("stopSequences").openList();
            sampling.stop().forEach(out::text);
            out.closeList();
        }
        out.close();
    }

    private void tools(BedrockMessageWriter messages) {
        if (request.tools().isEmpty() || request.toolChoice() instanceof ToolChoice.None) {
            called();
            return;
        }
        ToolNames.bound(request.tools(), LONGEST_NAME, notes);
        out.name("toolConfig").open().name("tools").openList();
        for (Tool tool : request.tools()) {
            boolean strict = Boolean.TRUE.equals(tool.strict());
            if (strict && !models.structured()) {
                notes.hint("tools.strict");
            }
            out.open().name("toolSpec").open().member("name", tool.name());
            out.optional("description", tool.description()).name("inputSchema").open();
            out.member("json", tool.schema()).close();
            if (strict && models.structured()) {
                out.member("strict", true);
            }
            out.close().close();
            messages.cachePoint(tool.cache(), "tools.cache_control");
        }
        out.closeList();
        switch (request.toolChoice()) {
            case null -> {}
            case ToolChoice.None() -> {}
            case ToolChoice.Auto() -> choice("auto", null);
            case ToolChoice.Required() -> choice("any", null);
            case ToolChoice.Named(String name) -> choice("tool", name);
        }
        out.close();
    }

    /**
     * The tools that the conversation has called, where it brings none or is to call none from here on: without any a conversation with calls is
     * refused ("The toolConfig field must be defined when using toolUse and toolResult content blocks"). Of these no more than the name is told, so
     * that there is little to call them for; to forbid calls the API has no word ("ToolChoice": auto, any, tool), which changes answers.
     */
    private void called() {
        List<String> names = request.messages().stream()
                .flatMap(m -> m.content().stream())
                .filter(Content.ToolCall.class::isInstance)
                .map(c -> ((Content.ToolCall) c).name())
                .distinct()
                .toList();
        if (names.isEmpty()) {
            return;
        }
        if (request.toolChoice() instanceof ToolChoice.None) {
            notes.unsupported("tool_choice", "it forbids no calls in a conversation that has made some");
        }
        out.name("toolConfig").open().name("tools").openList();
        for (String name : names) {
            out.open().name("toolSpec").open().member("name", name).name("inputSchema");
            out.open().member("json", NO_ARGUMENTS).close().close().close();
        }
        out.closeList().close();
    }

    private void choice(String word, @Nullable String name) {
        out.name("toolChoice").open().name(word).open();
        out.optional("name", name).close().close();
    }

    /** What only some models have. */
    private void additional() {
        Integer topK = claude ? request.sampling().topK() : null;
        Reasoning.Effort effort = effort();
        boolean adaptive = claude && effort != null && models.adaptive();
        int budget = claude && !adaptive ? budget(effort) : 0;
        boolean named = !claude && effort != null && request.model().contains("openai.");
        refuseIf(effort != null && !claude && !named, "reasoning_effort");
        if (topK == null && budget == 0 && !adaptive && !named) {
            return;
        }
        out.name("additionalModelRequestFields").open().optional("top_k", topK);
        if (budget > 0) {
            out.name("thinking").open().member("type", "enabled").member("budget_tokens", budget);
            out.close();
        }
        if (adaptive) {
            out.name("thinking").open().member("type", "adaptive").close();
        }
        if (named && effort != null) {
            out.member("reasoning_effort", effort.name().toLowerCase(Locale.ROOT));
        }
        out.close();
    }

    /** The schema that the answer keeps to; null where none is asked for, or the model keeps to none. */
    private ResponseFormat.@Nullable JsonSchema schema() {
        return models.structured() && request.format() instanceof ResponseFormat.JsonSchema known ? known : null;
    }

    private void output() {
        ResponseFormat.JsonSchema schema = schema();
        Reasoning.Effort effort = claude && models.adaptive() ? effort() : null;
        if (schema == null && effort == null) {
            return;
        }
        out.name("outputConfig").open();
        if (schema != null) {
            out.name("textFormat")
                    .open()
                    .member("type", "json_schema")
                    .name("structure")
                    .open();
            out.name("jsonSchema").open().member("schema", schema.schema().text());
            out.member("name", schema.name()).optional("description", schema.description());
            out.close().close().close();
        }
        if (effort != null) {
            out.member("effort", BedrockModels.word(effort));
        }
        out.close();
    }

    private Reasoning.@Nullable Effort effort() {
        return switch (request.reasoning()) {
            case null -> null;
            case Reasoning.Off() -> null;
            case Reasoning.Level(var effort) -> effort;
            case Reasoning.Budget(int tokens) -> Reasoning.Effort.of(tokens);
            case Reasoning.Adaptive(var effort) -> effort == null ? Reasoning.Effort.MEDIUM : effort;
        };
    }

    private int budget(Reasoning.@Nullable Effort effort) {
        if (effort == null) {
            return 0;
        }
        if (!ToolLoops.mayThink(request, notes)) {
            return 0;
        }
        Integer all = request.maxTokens();
        boolean exact = request.reasoning() instanceof Reasoning.Budget;
        int tokens = request.reasoning() instanceof Reasoning.Budget(int asked) ? asked : effort.tokens();
        if (all == null || tokens < all) {
            return tokens;
        }
        // a level is no number: half of what there is
        if (exact || all < 2 * LEAST_BUDGET) {
            notes.unsupported("reasoning_effort");
            return 0;
        }
        return all / 2;
    }

    private void tier() {
        String tier = request.serviceTier();
        if (tier == null || tier.equals("auto") || tier.equals("default")) {
            return;
        }
        if (tier.equals("flex") || tier.equals("priority")) {
            out.name("serviceTier").open().member("type", tier).close();
        } else {
            notes.unsupported("service_tier");
        }
    }
}
