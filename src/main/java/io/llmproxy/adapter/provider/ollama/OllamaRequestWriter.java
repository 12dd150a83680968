package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import java.util.Locale;

/** Writes a request as Ollama's API reference has it ("Generate a chat completion"). */
final class OllamaRequestWriter {
    private final ChatRequest request;
    private final Notes notes;
    private final JsonOut out = new JsonOut();

    OllamaRequestWriter(ChatRequest request, Notes notes) {
        this.request = request;
        this.notes = notes;
    }

    byte[] write() {
        refuse();
        out.open().member("model", request.model());
        new OllamaMessageWriter(out, notes).write(request.messages());
        tools();
        format();
        thinking();
        options();
        if (request.topLogprobs() != null) {
            out.member("logprobs", true).optional("top_logprobs", request.topLogprobs());
        }
        // it streams unless it is told not to
        return out.member("stream", request.stream()).close().take();
    }

    private void refuse() {
        refuseIf(request.choices() > 1, "n");
        refuseIf(
                Boolean.FALSE.equals(request.parallelToolCalls())
                        && !request.tools().isEmpty(),
                "parallel_tool_calls");
        String tier = request.serviceTier();
        refuseIf(tier != null && !tier.equals("auto") && !tier.equals("default"), "service_tier");
        ToolChoice choice = request.toolChoice();
        refuseIf(choice instanceof ToolChoice.Required || choice instanceof ToolChoice.Named, "tool_choice");
        if (request.user() != null) {
            notes.hint("user");
        }
    }

    private void refuseIf(boolean asked, String parameter) {
        if (asked) {
            notes.unsupported(parameter);
        }
    }

    /** A model that has no tools calls none. */
    private void tools() {
        if (request.tools().isEmpty() || request.toolChoice() instanceof ToolChoice.None) {
            return;
        }
        out.name("tools").openList();
        for (Tool tool : request.tools()) {
            if (tool.cache() != null) {
                notes.hint("tools.cache_control");
            }
            if (Boolean.TRUE.equals(tool.strict())) {
                notes.hint("tools.strict");
            }
            out.open().member("type", "function").name("function").open();
            out.member("name", tool.name()).optional("description", tool.description());
            out.member("parameters", tool.schema()).close().close();
        }
        out.closeList();
    }

    private void format() {
        switch (request.format()) {
            case null -> {}
            case ResponseFormat.JsonObject() -> out.member("format", "json");
            case ResponseFormat.JsonSchema schema -> out.member("format", schema.schema());
        }
    }

    private void thinking() {
        switch (request.reasoning()) {
            case null -> {}
            case Reasoning.Off() -> out.member("think", false);
            case Reasoning.Level(var effort) -> think(effort);
            case Reasoning.Budget(int tokens) -> think(Reasoning.Effort.of(tokens));
            case Reasoning.Adaptive(var effort) -> {
                if (effort == null) {
                    out.member("think", true);
                } else {
                    think(effort);
                }
            }
        }
    }

    /** Levels are known to one family; for all others thinking is on or off. */
    private void think(Reasoning.Effort effort) {
        if (!request.model().contains("gpt-oss")) {
            out.member("think", true);
            return;
        }
        Reasoning.Effort known = switch (effort) {
            case MINIMAL, LOW -> Reasoning.Effort.LOW;
            case MEDIUM -> Reasoning.Effort.MEDIUM;
            case HIGH, XHIGH -> Reasoning.Effort.HIGH;
        };
        out.member("think", known.name().toLowerCase(Locale.ROOT));
    }

    private void options() {
        Sampling sampling = request.sampling();
        if (sampling.equals(Sampling.DEFAULT) && request.maxTokens() == null) {
            return;
        }
        out.name("options").open();
        out.optional("num_predict", request.maxTokens())
                .optional("temperature", sampling.temperature())
                .optional("top_p", sampling.topP())
                .optional("top_k", sampling.topK())
                .optional("seed", sampling.seed())
                .optional("presence_penalty", sampling.presencePenalty())
                .optional("frequency_penalty", sampling.frequencyPenalty());
        if (!sampling.stop().isEmpty()) {
            out.name("stop").openList();
            sampling.stop().forEach(out::text);
            out.closeList();
        }
        out.close();
    }
}
