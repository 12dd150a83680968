package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.ClientDialect.Operation;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.RequestNode;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads a request as Anthropic's API reference has it ("Create a Message", "Count tokens in a Message"). */
final class AnthropicRequestReader {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "messages",
            "system",
            "max_tokens",
            "temperature",
            "top_p",
            "top_k",
            "stop_sequences",
            "stream",
            "tools",
            "tool_choice",
            "thinking",
            "output_config",
            "metadata",
            "service_tier");

    private static final Set<String> KNOWN_OF_TOOLS =
            Set.of("type", "name", "description", "input_schema", "strict", "cache_control");
    private static final Set<String> KNOWN_OF_OUTPUT = Set.of("format", "effort");
    private static final Set<String> KNOWN_OF_FORMAT = Set.of("type", "schema");
    private static final Set<String> KNOWN_OF_THINKING = Set.of("type", "budget_tokens", "display");
    private static final Set<String> KNOWN_OF_CHOICE = Set.of("type", "name", "disable_parallel_tool_use");
    private static final Set<String> KNOWN_OF_METADATA = Set.of("user_id");

    private final RequestNode request;
    private final Notes notes;

    AnthropicRequestReader(JsonNode body, Notes notes) {
        this.request = new RequestNode(body);
        this.notes = notes;
    }

    ChatRequest read(Operation operation) {
        request.others(KNOWN).forEach(notes::unsupported);
        RequestNode output = request.object("output_config");
        if (output != null) {
            output.onlyKnown(KNOWN_OF_OUTPUT, notes);
        }
        RequestNode choice = request.object("tool_choice");
        if (choice != null) {
            choice.onlyKnown(KNOWN_OF_CHOICE, notes);
        }
        return new ChatRequest(
                request.requiredText("model"),
                messages(),
                maxTokens(operation),
                sampling(),
                1,
                null,
                request.objects("tools").stream().map(this::tool).toList(),
                choice == null ? null : choice(choice),
                choice != null && choice.isTrue("disable_parallel_tool_use") ? false : null,
                output == null ? null : format(output),
                reasoning(output),
                user(),
                tier(),
                request.isTrue("stream"),
                true,
                true,
                ChatRequest.Echo.NONE);
    }

    private @Nullable Integer maxTokens(Operation operation) {
        Integer most = request.count("max_tokens", 1);
        if (most == null && operation == Operation.CHAT) {
            throw request.wrong("max_tokens", "a whole number from 1 up, and is missing");
        }
        return most;
    }

    private List<Message> messages() {
        AnthropicMessageReader reader = new AnthropicMessageReader(notes);
        List<Message> out = new ArrayList<>(reader.system(request));
        List<RequestNode> messages = request.objects("messages");
        if (messages.isEmpty()) {
            throw request.wrong("messages", "a list of at least one message");
        }
        messages.forEach(m -> out.addAll(reader.messages(m)));
        return out;
    }

    private Sampling sampling() {
        return new Sampling(
                request.number("temperature"),
                request.number("top_p"),
                request.count("top_k", 0),
                null,
                null,
                null,
                request.texts("stop_sequences"));
    }

    private Tool tool(RequestNode tool) {
        String type = tool.text("type");
        if (type != null && !type.equals("custom")) {
            throw notes.impossible(tool.at("type"), "the tools of Anthropic's own servers are known to these alone");
        }
        tool.onlyKnown(KNOWN_OF_TOOLS, notes);
        JsonText schema = tool.json("input_schema");
        if (schema == null) {
            throw tool.wrong("input_schema", "an object, and is missing");
        }
        return new Tool(
                tool.requiredText("name"),
                tool.text("description"),
                schema,
                tool.flag("strict"),
                AnthropicMessageReader.cache(tool));
    }

    private static ToolChoice choice(RequestNode choice) {
        String type = choice.requiredText("type");
        return switch (type) {
            case "auto" -> new ToolChoice.Auto();
            case "any" -> new ToolChoice.Required();
            case "none" -> new ToolChoice.None();
            case "tool" -> new ToolChoice.Named(choice.requiredText("name"));
            default -> throw choice.wrong("type", "auto, any, tool or none");
        };
    }

    private @Nullable ResponseFormat format(RequestNode output) {
        RequestNode format = output.object("format");
        if (format == null) {
            return null;
        }
        format.onlyKnown(KNOWN_OF_FORMAT, notes);
        JsonText schema = format.json("schema");
        if (!"json_schema".equals(format.requiredText("type")) || schema == null) {
            throw format.wrong("type", "json_schema, with a schema");
        }
        return new ResponseFormat.JsonSchema("output", null, schema, true);
    }

    private @Nullable Reasoning reasoning(@Nullable RequestNode output) {
        Reasoning.Effort effort = output == null ? null : effort(output);
        RequestNode thinking = request.object("thinking");
        if (thinking == null) {
            return effort == null ? null : new Reasoning.Adaptive(effort);
        }
        thinking.onlyKnown(KNOWN_OF_THINKING, notes);
        String display = thinking.text("display");
        if (display != null && !display.equals("summarized")) {
            // thoughts are told as they come; what is to be left out of them is not known elsewhere
            notes.hint("thinking.display");
        }
        String type = thinking.requiredText("type");
        return switch (type) {
            case "disabled" -> new Reasoning.Off();
            case "adaptive" -> new Reasoning.Adaptive(effort);
            case "enabled" -> budget(thinking);
            default -> throw thinking.wrong("type", "enabled, disabled or adaptive");
        };
    }

    private static Reasoning budget(RequestNode thinking) {
        Integer tokens = thinking.count("budget_tokens", 1);
        if (tokens == null) {
            throw thinking.wrong("budget_tokens", "a whole number, and is missing");
        }
        return new Reasoning.Budget(tokens);
    }

    private static Reasoning.@Nullable Effort effort(RequestNode output) {
        String word = output.text("effort");
        return switch (word) {
            case null -> null;
            case "low" -> Reasoning.Effort.LOW;
            case "medium" -> Reasoning.Effort.MEDIUM;
            case "high" -> Reasoning.Effort.HIGH;
            case "xhigh", "max" -> Reasoning.Effort.XHIGH;
            default -> throw output.wrong("effort", "low, medium, high, xhigh or max");
        };
    }

    private @Nullable String user() {
        RequestNode metadata = request.object("metadata");
        if (metadata == null) {
            return null;
        }
        metadata.others(KNOWN_OF_METADATA).forEach(name -> notes.hint(metadata.at(name)));
        return metadata.text("user_id");
    }

    private @Nullable String tier() {
        String tier = request.text("service_tier");
        return "standard_only".equals(tier) ? "default" : tier;
    }
}
