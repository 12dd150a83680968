package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.RequestNode;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads a request as OpenAI's API reference has it ("Create a model response"). */
final class ResponsesRequestReader {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "input",
            "instructions",
            "max_output_tokens",
            "temperature",
            "top_p",
            "top_logprobs",
            "include",
            "tools",
            "tool_choice",
            "parallel_tool_calls",
            "text",
            "reasoning",
            "user",
            "safety_identifier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "service_tier",
            "stream",
            "stream_options",
            "store",
            "metadata",
            "background",
            "truncation");

    /** What the provider of an earlier response keeps. */
    private static final List<String> KEPT = List.of("previous_response_id", "conversation", "prompt");

    private static final String PROBABILITIES = "message.output_text.logprobs";

    private static final Set<String> INCLUDED = Set.of("reasoning.encrypted_content", PROBABILITIES);

    private static final Set<String> KNOWN_OF_TEXT = Set.of("format", "verbosity");
    private static final Set<String> KNOWN_OF_REASONING = Set.of("effort", "summary", "generate_summary");
    private static final Set<String> KNOWN_OF_TOOLS = Set.of("type", "name", "description", "parameters", "strict");

    private final RequestNode request;
    private final Notes notes;

    ResponsesRequestReader(JsonNode body, Notes notes) {
        this.request = new RequestNode(body);
        this.notes = notes;
    }

    ChatRequest read() {
        refuse();
        String user = request.text("safety_identifier");
        return new ChatRequest(
                request.requiredText("model"),
                messages(),
                request.count("max_output_tokens", 1),
                new Sampling(request.number("temperature"), request.number("top_p"), null, null, null, null, List.of()),
                1,
                logprobs(),
                request.objects("tools").stream().map(this::tool).toList(),
                toolChoice(),
                request.flag("parallel_tool_calls"),
                format(),
                reasoning(),
                user == null ? request.text("user") : user,
                request.text("service_tier"),
                request.isTrue("stream"),
                true,
                true,
                echo());
    }

    private ChatRequest.Echo echo() {
        return new ChatRequest.Echo(request.text("instructions"), request.json("metadata"));
    }

    private void refuse() {
        for (String kept : KEPT) {
            if (request.has(kept)) {
                throw notes.impossible(kept, "it keeps no responses; send the whole conversation in `input`");
            }
        }
        request.others(KNOWN).stream().filter(name -> !KEPT.contains(name)).forEach(notes::unsupported);
        for (String flag : List.of("store", "background")) {
            if (request.isTrue(flag)) {
                notes.unsupported(flag);
            }
        }
        String truncation = request.text("truncation");
        if (truncation != null && !truncation.equals("disabled")) {
            notes.unsupported("truncation");
        }
        for (String included : request.texts("include")) {
            if (!INCLUDED.contains(included)) {
                notes.unsupported("include." + included);
            }
        }
        RequestNode text = request.object("text");
        if (text != null) {
            text.onlyKnown(KNOWN_OF_TEXT, notes);
            OpenAiRequestReader.unlessMedium(text, notes);
        }
        OpenAiRequestReader.hintOfMetadata(request, notes);
        for (String hint : List.of("prompt_cache_key", "prompt_cache_retention")) {
            if (request.has(hint)) {
                notes.hint(hint);
            }
        }
    }

    /** The likeliest tokens are asked for by their number alone, too. */
    private @Nullable Integer logprobs() {
        Integer top = request.count("top_logprobs", 0, OpenAiRequestReader.MOST_LOGPROBS);
        boolean asked = top != null && top > 0 || request.texts("include").contains(PROBABILITIES);
        return asked ? Objects.requireNonNullElse(top, 0) : null;
    }

    private List<Message> messages() {
        List<Message> out = new ArrayList<>();
        String instructions = request.text("instructions");
        if (instructions != null) {
            out.add(Message.of(Role.SYSTEM, new Content.Text(instructions)));
        }
        if (request.isText("input")) {
            out.add(Message.of(Role.USER, new Content.Text(request.requiredText("input"))));
            return out;
        }
        List<RequestNode> items = request.objects("input");
        if (items.isEmpty()) {
            throw request.wrong("input", "a text or a list of at least one item");
        }
        out.addAll(new ResponsesItemReader(notes).read(items));
        return out;
    }

    private Tool tool(RequestNode tool) {
        if (!"function".equals(tool.requiredText("type"))) {
            throw notes.impossible(tool.at("type"), "only functions can be translated");
        }
        tool.onlyKnown(KNOWN_OF_TOOLS, notes);
        JsonText schema = tool.json("parameters");
        return new Tool(
                tool.requiredText("name"),
                tool.text("description"),
                schema == null ? new JsonText("{\"type\":\"object\",\"properties\":{}}") : schema,
                tool.flag("strict"),
                null);
    }

    private @Nullable ToolChoice toolChoice() {
        if (!request.isText("tool_choice")) {
            RequestNode choice = request.object("tool_choice");
            if (choice == null) {
                return null;
            }
            if (!"function".equals(choice.requiredText("type"))) {
                throw notes.impossible(choice.at("type"), "only a function can be chosen");
            }
            return new ToolChoice.Named(choice.requiredText("name"));
        }
        return switch (request.requiredText("tool_choice")) {
            case "auto" -> new ToolChoice.Auto();
            case "none" -> new ToolChoice.None();
            case "required" -> new ToolChoice.Required();
            default -> throw request.wrong("tool_choice", "auto, none, required or an object");
        };
    }

    private @Nullable ResponseFormat format() {
        RequestNode text = request.object("text");
        RequestNode format = text == null ? null : text.object("format");
        if (format == null) {
            return null;
        }
        return switch (format.requiredText("type")) {
            case "text" -> null;
            case "json_object" -> new ResponseFormat.JsonObject();
            case "json_schema" -> {
                JsonText schema = format.json("schema");
                yield new ResponseFormat.JsonSchema(
                        format.requiredText("name"),
                        format.text("description"),
                        schema == null ? JsonText.EMPTY_OBJECT : schema,
                        format.flag("strict"));
            }
            default -> throw format.wrong("type", "text, json_object or json_schema");
        };
    }

    private @Nullable Reasoning reasoning() {
        RequestNode reasoning = request.object("reasoning");
        if (reasoning == null) {
            return null;
        }
        reasoning.onlyKnown(KNOWN_OF_REASONING, notes);
        for (String name : List.of("summary", "generate_summary")) {
            String summary = reasoning.text(name);
            // thoughts are told as the provider tells them, which is what auto means
            if (summary != null && !summary.equals("auto")) {
                notes.hint(reasoning.at(name));
            }
        }
        return OpenAiRequestReader.reasoning(reasoning, "effort");
    }
}
