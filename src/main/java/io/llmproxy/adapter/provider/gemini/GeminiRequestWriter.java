package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ToolNames;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;

/** Writes a request as the Gemini API's reference has it ({@code GenerateContentRequest}). */
final class GeminiRequestWriter {
    /** Of a function ({@code FunctionDeclaration}). */
    private static final int LONGEST_NAME = 128;

    private final ChatRequest request;
    private final Notes notes;
    private final JsonOut out = new JsonOut();

    GeminiRequestWriter(ChatRequest request, Notes notes) {
        this.request = request;
        this.notes = notes;
    }

    byte[] write() {
        out.open();
        new GeminiMessageWriter(out, GeminiChat.name(request.model()), thinksByLevel(), notes)
                .write(request.messages());
        if (!request.tools().isEmpty()) {
            tools();
        }
        refuse();
        out.name("generationConfig").open();
        out.optional("maxOutputTokens", request.maxTokens());
        sampling(request.sampling());
        several();
        format();
        thinking();
        return out.close().close().take();
    }

    private void refuse() {
        refuseIf(Boolean.FALSE.equals(request.parallelToolCalls()), "parallel_tool_calls");
        String tier = request.serviceTier();
        refuseIf(tier != null && !tier.equals("auto") && !tier.equals("default"), "service_tier");
        if (request.user() != null) {
            notes.hint("user");
        }
    }

    private void refuseIf(boolean asked, String parameter) {
        if (asked) {
            notes.unsupported(parameter);
        }
    }

    private void sampling(Sampling sampling) {
        out.optional("temperature", sampling.temperature())
                .optional("topP", sampling.topP())
                .optional("topK", sampling.topK())
                .optional("seed", sampling.seed())
                .optional("presencePenalty", sampling.presencePenalty())
                .optional("frequencyPenalty", sampling.frequencyPenalty());
        if (!sampling.stop().isEmpty()) {
            out.name("stopSequences").openList();
            sampling.stop().forEach(out::text);
            out.closeList();
        }
    }

    private void several() {
        if (request.choices() > 1) {
            out.member("candidateCount", request.choices());
        }
        Integer likeliest = request.topLogprobs();
        if (likeliest != null) {
            out.member("responseLogprobs", true).optional("logprobs", likeliest == 0 ? null : likeliest);
        }
    }

    private void tools() {
        ToolNames.bound(request.tools(), LONGEST_NAME, notes);
        out.name("tools").openList().open().name("functionDeclarations").openList();
        request.tools().forEach(this::tool);
        out.closeList().close().closeList();
        ToolChoice choice = request.toolChoice();
        if (choice == null) {
            return;
        }
        out.name("toolConfig").open().name("functionCallingConfig").open();
        switch (choice) {
            case ToolChoice.Auto() -> out.member("mode", "AUTO");
            case ToolChoice.None() -> out.member("mode", "NONE");
            case ToolChoice.Required() -> out.member("mode", "ANY");
            case ToolChoice.Named(String name) -> {
                out.member("mode", "ANY").name("allowedFunctionNames").openList();
                out.text(name).closeList();
            }
        }
        out.close().close();
    }

    private void tool(Tool tool) {
        if (Boolean.TRUE.equals(tool.strict())) {
            notes.hint("tools.strict");
        }
        if (tool.cache() != null) {
            notes.hint("tools.cache_control");
        }
        out.open().member("name", tool.name()).optional("description", tool.description());
        out.member("parametersJsonSchema", tool.schema()).close();
    }

    private void format() {
        switch (request.format()) {
            case null -> {}
            case ResponseFormat.JsonObject() -> out.member("responseMimeType", "application/json");
            case ResponseFormat.JsonSchema schema ->
                out.member("responseMimeType", "application/json").member("responseJsonSchema", schema.schema());
        }
    }

    /** From generation 3 on models are told how hard to think, before they were told a budget. */
    private boolean thinksByLevel() {
        return request.model().contains("gemini-3");
    }

    private void thinking() {
        switch (request.reasoning()) {
            case null -> {}
            case Reasoning.Off() -> budget(0, false);
            case Reasoning.Budget(int tokens) -> budget(tokens, true);
            case Reasoning.Level(var effort) -> effort(effort);
            case Reasoning.Adaptive(var effort) -> {
                if (effort == null) {
                    budget(-1, true);
                } else {
                    effort(effort);
                }
            }
        }
    }

    private void effort(Reasoning.Effort effort) {
        if (!thinksByLevel()) {
            budget(effort.tokens(), true);
            return;
        }
        String level = switch (effort) {
            case MINIMAL -> "minimal";
            case LOW -> "low";
            case MEDIUM -> "medium";
            case HIGH, XHIGH -> "high";
        };
        out.name("thinkingConfig").open().member("thinkingLevel", level);
        out.member("includeThoughts", request.thoughtsTold()).close();
    }

    private void budget(int tokens, boolean told) {
        out.name("thinkingConfig").open().member("thinkingBudget", tokens);
        out.member("includeThoughts", told && request.thoughtsTold()).close();
    }
}
