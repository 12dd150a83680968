package io.llmproxy.adapter.provider.cohere;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;

/** Writes a request as Cohere's API reference has it ("Chat", version 2). */
final class CohereRequestWriter {
    private final ChatRequest request;
    private final Notes notes;
    private final JsonOut out = new JsonOut();

    CohereRequestWriter(ChatRequest request, Notes notes) {
        this.request = request;
        this.notes = notes;
    }

    byte[] write() {
        refuse();
        out.open().member("model", request.model()).member("stream", request.stream());
        new CohereMessageWriter(out, notes).write(request.messages());
        tools();
        // no client has a place for them, and by default there are some wherever a tool answered
        if (request.messages().stream().anyMatch(m -> m.role() == Role.TOOL)) {
            out.name("citation_options").open().member("mode", "OFF").close();
        }
        out.optional("max_tokens", request.maxTokens());
        if (request.topLogprobs() != null) {
            out.member("logprobs", true);
        }
        sampling(request.sampling());
        format();
        thinking();
        return out.close().take();
    }

    private void refuse() {
        refuseIf(request.choices() > 1, "n");
        Integer likeliest = request.topLogprobs();
        refuseIf(likeliest != null && likeliest > 0, "top_logprobs"); // those that were not chosen are not told
        refuseIf(
                Boolean.FALSE.equals(request.parallelToolCalls())
                        && !request.tools().isEmpty(),
                "parallel_tool_calls");
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
                .optional("p", sampling.topP())
                .optional("k", sampling.topK())
                .optional("seed", sampling.seed())
                .optional("presence_penalty", sampling.presencePenalty())
                .optional("frequency_penalty", sampling.frequencyPenalty());
        if (!sampling.stop().isEmpty()) {
            out.name("stop_sequences").openList();
            sampling.stop().forEach(out::text);
            out.closeList();
        }
    }

    private void tools() {
        if (request.tools().isEmpty()) {
            return;
        }
        out.name("tools").openList();
        for (Tool tool : request.tools()) {
            if (Boolean.TRUE.equals(tool.strict())) {
                notes.hint("tools.strict");
            }
            if (tool.cache() != null) {
                notes.hint("tools.cache_control");
            }
            out.open().member("type", "function").name("function").open();
            out.member("name", tool.name()).optional("description", tool.description());
            out.member("parameters", tool.schema()).close().close();
        }
        out.closeList();
        switch (request.toolChoice()) {
            case null -> {}
            case ToolChoice.Auto() -> {}
            case ToolChoice.None() -> out.member("tool_choice", "NONE");
            case ToolChoice.Required() -> out.member("tool_choice", "REQUIRED");
            case ToolChoice.Named _ -> notes.unsupported("tool_choice");
        }
    }

    private void format() {
        switch (request.format()) {
            case null -> {}
            case ResponseFormat.JsonObject() ->
                out.name("response_format").open().member("type", "json_object").close();
            case ResponseFormat.JsonSchema schema ->
                out.name("response_format")
                        .open()
                        .member("type", "json_object")
                        .member("json_schema", schema.schema())
                        .close();
        }
    }

    private void thinking() {
        switch (request.reasoning()) {
            case null -> {}
            // other models know no such field
            case Reasoning.Off() -> {
                if (request.model().contains("reasoning")) {
                    out.name("thinking").open().member("type", "disabled").close();
                }
            }
            case Reasoning.Budget(int tokens) -> budget(tokens);
            case Reasoning.Level(var effort) -> budget(effort.tokens());
            case Reasoning.Adaptive(var effort) -> budget(effort == null ? 0 : effort.tokens());
        }
    }

    /** @param tokens 0: as many as it likes */
    private void budget(int tokens) {
        out.name("thinking").open().member("type", "enabled");
        if (tokens > 0) {
            out.member("token_budget", tokens);
        }
        out.close();
    }
}
