package io.llmproxy.adapter.provider.openai;

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
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads a request as OpenAI's API reference has it ("Create chat completion"). */
final class OpenAiRequestReader {
    static final int MOST_LOGPROBS = 20;

    private static final Set<String> KNOWN = Set.of(
            "model",
            "messages",
            "max_tokens",
            "max_completion_tokens",
            "temperature",
            "top_p",
            "top_k",
            "n",
            "stop",
            "seed",
            "presence_penalty",
            "frequency_penalty",
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "response_format",
            "reasoning_effort",
            "user",
            "safety_identifier",
            "service_tier",
            "stream",
            "stream_options",
            "store",
            "metadata",
            "verbosity",
            "modalities",
            "prompt_cache_key",
            "prompt_cache_retention");

    private static final Set<String> KNOWN_OF_TOOLS = Set.of("type", "function", "cache_control");
    private static final Set<String> KNOWN_OF_FUNCTIONS = Set.of("name", "description", "parameters", "strict");

    private static final Set<String> KNOWN_OF_SCHEMAS = Set.of("name", "description", "schema", "strict");

    private final RequestNode request;
    private final Notes notes;

    OpenAiRequestReader(JsonNode body, Notes notes) {
        this.request = new RequestNode(body);
        this.notes = notes;
    }

    ChatRequest read() {
        refuse();
        OpenAiMessageReader reader = new OpenAiMessageReader(notes);
        List<Message> messages = new ArrayList<>();
        request.objects("messages").forEach(m -> messages.add(reader.message(m)));
        if (messages.isEmpty()) {
            throw request.wrong("messages", "a list of at least one message");
        }
        RequestNode options = request.object("stream_options");
        String user = request.text("safety_identifier");
        return new ChatRequest(
                request.requiredText("model"),
                messages,
                maxTokens(),
                sampling(),
                Objects.requireNonNullElse(request.count("n", 1, ChatRequest.MOST_CHOICES), 1),
                logprobs(),
                request.objects("tools").stream().map(this::tool).toList(),
                toolChoice(),
                request.flag("parallel_tool_calls"),
                format(),
                reasoning(request, "reasoning_effort"),
                user == null ? request.text("user") : user,
                request.text("service_tier"),
                request.isTrue("stream"),
                options != null && options.isTrue("include_usage"),
                true,
                ChatRequest.Echo.NONE);
    }

    private void refuse() {
        request.others(KNOWN).forEach(notes::unsupported);
        if (request.isTrue("store")) {
            notes.unsupported("store");
        }
        if (!List.of("text").containsAll(request.texts("modalities"))) {
            notes.unsupported("modalities");
        }
        RequestNode bias = request.object("logit_bias");
        if (bias != null && !bias.node().isEmpty()) {
            notes.unsupported("logit_bias");
        }
        unlessMedium(request, notes);
        hintOfMetadata(request, notes);
        if (request.has("prompt_cache_key")) {
            notes.hint("prompt_cache_key");
        }
        if (request.has("prompt_cache_retention")) {
            notes.hint("prompt_cache_retention");
        }
    }

    /** How long an answer is; medium is what a model does unasked. */
    static void unlessMedium(RequestNode holder, Notes notes) {
        String verbosity = holder.text("verbosity");
        if (verbosity != null && !verbosity.equals("medium")) {
            notes.unsupported(holder.at("verbosity"));
        }
    }

    /** It is for the list of stored answers alone. */
    static void hintOfMetadata(RequestNode request, Notes notes) {
        RequestNode metadata = request.object("metadata");
        if (metadata != null && !metadata.node().isEmpty()) {
            notes.hint("metadata");
        }
    }

    private @Nullable Integer maxTokens() {
        Integer all = request.count("max_completion_tokens", 1);
        return all == null ? request.count("max_tokens", 1) : all;
    }

    private Sampling sampling() {
        return new Sampling(
                request.number("temperature"),
                request.number("top_p"),
                request.count("top_k", 0),
                request.whole("seed"),
                unlessZero(request.number("presence_penalty")),
                unlessZero(request.number("frequency_penalty")),
                request.texts("stop"));
    }

    private static @Nullable Double unlessZero(@Nullable Double penalty) {
        return penalty == null || penalty == 0 ? null : penalty;
    }

    private @Nullable Integer logprobs() {
        Integer top = request.count("top_logprobs", 0, MOST_LOGPROBS);
        return request.isTrue("logprobs") ? Objects.requireNonNullElse(top, 0) : null;
    }

    private Tool tool(RequestNode tool) {
        if (!"function".equals(tool.requiredText("type"))) {
            throw notes.impossible(tool.at("type"), "only functions can be translated");
        }
        tool.onlyKnown(KNOWN_OF_TOOLS, notes);
        RequestNode function = tool.requiredObject("function");
        function.onlyKnown(KNOWN_OF_FUNCTIONS, notes);
        JsonText schema = function.json("parameters");
        return new Tool(
                function.requiredText("name"),
                function.text("description"),
                schema == null ? new JsonText("{\"type\":\"object\",\"properties\":{}}") : schema,
                function.flag("strict"),
                OpenAiMessageReader.cache(tool));
    }

    private @Nullable ToolChoice toolChoice() {
        if (!request.isText("tool_choice")) {
            RequestNode choice = request.object("tool_choice");
            return choice == null ? null : named(choice);
        }
        String word = request.requiredText("tool_choice");
        return switch (word) {
            case "auto" -> new ToolChoice.Auto();
            case "none" -> new ToolChoice.None();
            case "required" -> new ToolChoice.Required();
            default -> throw request.wrong("tool_choice", "auto, none, required or an object");
        };
    }

    private ToolChoice named(RequestNode choice) {
        if (!"function".equals(choice.requiredText("type"))) {
            throw notes.impossible(choice.at("type"), "only a function can be chosen");
        }
        return new ToolChoice.Named(choice.requiredObject("function").requiredText("name"));
    }

    private @Nullable ResponseFormat format() {
        RequestNode format = request.object("response_format");
        if (format == null) {
            return null;
        }
        String type = format.requiredText("type");
        return switch (type) {
            case "text" -> null;
            case "json_object" -> new ResponseFormat.JsonObject();
            case "json_schema" -> schema(format.requiredObject("json_schema"));
            default -> throw format.wrong("type", "text, json_object or json_schema");
        };
    }

    private ResponseFormat schema(RequestNode format) {
        format.onlyKnown(KNOWN_OF_SCHEMAS, notes);
        JsonText schema = format.json("schema");
        return new ResponseFormat.JsonSchema(
                format.requiredText("name"),
                format.text("description"),
                schema == null ? JsonText.EMPTY_OBJECT : schema,
                format.flag("strict"));
    }

    /** The member of that name as an effort; null where it is missing. */
    static @Nullable Reasoning reasoning(RequestNode holder, String name) {
        String effort = holder.text(name);
        if (effort == null) {
            return null;
        }
        if (effort.equals("none")) {
            return new Reasoning.Off();
        }
        for (Reasoning.Effort known : Reasoning.Effort.values()) {
            if (known.name().toLowerCase(Locale.ROOT).equals(effort)) {
                return new Reasoning.Level(known);
            }
        }
        throw holder.wrong(name, "none, minimal, low, medium, high or xhigh");
    }
}
