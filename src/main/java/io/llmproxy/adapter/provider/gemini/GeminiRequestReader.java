package io.llmproxy.adapter.provider.gemini;

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
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads a request as the Gemini API's reference has it ({@code GenerateContentRequest}, {@code CountTokensRequest}). */
final class GeminiRequestReader {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "contents",
            "systemInstruction",
            "generationConfig",
            "tools",
            "toolConfig",
            "safetySettings",
            "labels",
            "generateContentRequest");

    private static final Set<String> KNOWN_OF_CONFIG = Set.of(
            "stopSequences",
            "responseMimeType",
            "responseSchema",
            "responseJsonSchema",
            "_responseJsonSchema",
            "responseModalities",
            "candidateCount",
            "maxOutputTokens",
            "temperature",
            "topP",
            "topK",
            "seed",
            "presencePenalty",
            "frequencyPenalty",
            "responseLogprobs",
            "logprobs",
            "thinkingConfig");

    private static final Set<String> KNOWN_OF_TOOLS = Set.of("functionDeclarations");
    private static final Set<String> KNOWN_OF_FUNCTIONS =
            Set.of("name", "description", "parameters", "parametersJsonSchema", "response", "responseJsonSchema");
    private static final Set<String> NO_FILTER = Set.of("BLOCK_NONE", "OFF", "HARM_BLOCK_THRESHOLD_UNSPECIFIED");

    private static final int MOST_PROBABILITIES = 20;

    private final RequestNode request;
    private final RequestNode config;
    private final Notes notes;

    GeminiRequestReader(JsonNode body, Notes notes) {
        RequestNode whole = new RequestNode(GeminiNames.plain(body));
        RequestNode inner = whole.object("generateContentRequest");
        this.request = inner == null ? whole : inner;
        RequestNode given = request.object("generationConfig");
        this.config = given == null ? new RequestNode(request.node().path("generationConfig")) : given;
        this.notes = notes;
    }

    ChatRequest read(String model, boolean stream, Operation operation) {
        refuse();
        List<Tool> tools = tools();
        return new ChatRequest(
                model,
                messages(),
                config.count("maxOutputTokens", 1),
                sampling(),
                Objects.requireNonNullElse(config.count("candidateCount", 1, ChatRequest.MOST_CHOICES), 1),
                probabilities(),
                tools,
                toolChoice(tools),
                null,
                format(),
                reasoning(),
                null,
                null,
                stream && operation == Operation.CHAT,
                true,
                thoughtsTold(),
                ChatRequest.Echo.NONE);
    }

    private void refuse() {
        request.others(KNOWN).forEach(name -> notes.unsupported(request.at(name)));
        config.others(KNOWN_OF_CONFIG).forEach(name -> notes.unsupported(config.at(name)));
        if (request.has("labels")) {
            notes.hint(request.at("labels"));
        }
        for (RequestNode setting : request.objects("safetySettings")) {
            String threshold = setting.text("threshold");
            if (threshold != null && !NO_FILTER.contains(threshold)) {
                notes.unsupported(request.at("safetySettings"));
            }
        }
        boolean textAlone = config.texts("responseModalities").stream().allMatch(m -> m.equalsIgnoreCase("TEXT"));
        if (!textAlone) {
            notes.unsupported(config.at("responseModalities"));
        }
    }

    private @Nullable Integer probabilities() {
        Integer likeliest = config.count("logprobs", 0, MOST_PROBABILITIES);
        return config.isTrue("responseLogprobs") ? Objects.requireNonNullElse(likeliest, 0) : null;
    }

    private List<Message> messages() {
        GeminiMessageReader reader = new GeminiMessageReader(notes);
        List<Message> out = new ArrayList<>(reader.system(request));
        List<RequestNode> contents = request.objects("contents");
        if (contents.isEmpty()) {
            throw request.wrong("contents", "a list of at least one content");
        }
        contents.forEach(c -> out.addAll(reader.messages(c)));
        return out;
    }

    private Sampling sampling() {
        Double topK = config.number("topK");
        if (topK != null && (topK < 0 || topK != Math.rint(topK) || topK > Integer.MAX_VALUE)) {
            throw config.wrong("topK", "a whole number from 0 up");
        }
        return new Sampling(
                config.number("temperature"),
                config.number("topP"),
                topK == null ? null : topK.intValue(),
                config.whole("seed"),
                unlessZero(config.number("presencePenalty")),
                unlessZero(config.number("frequencyPenalty")),
                config.texts("stopSequences"));
    }

    private static @Nullable Double unlessZero(@Nullable Double penalty) {
        return penalty == null || penalty == 0 ? null : penalty;
    }

    private List<Tool> tools() {
        List<Tool> out = new ArrayList<>();
        for (RequestNode tool : request.objects("tools")) {
            for (String own : tool.others(KNOWN_OF_TOOLS)) {
                throw notes.impossible(tool.at(own), "the tools of Google's own servers are known to these alone");
            }
            tool.objects("functionDeclarations").forEach(f -> out.add(tool(f)));
        }
        return out;
    }

    private Tool tool(RequestNode function) {
        function.others(KNOWN_OF_FUNCTIONS).forEach(name -> notes.unsupported(function.at(name)));
        if (function.has("response") || function.has("responseJsonSchema")) {
            notes.hint(function.at("response"));
        }
        JsonText schema = function.json("parametersJsonSchema");
        RequestNode parameters = function.object("parameters");
        JsonText given = schema == null && parameters != null ? GeminiSchema.read(parameters.node()) : schema;
        return new Tool(
                function.requiredText("name"),
                function.text("description"),
                given == null ? new JsonText("{\"type\":\"object\",\"properties\":{}}") : given,
                null,
                null);
    }

    private @Nullable ToolChoice toolChoice(List<Tool> tools) {
        RequestNode toolConfig = request.object("toolConfig");
        RequestNode calling = toolConfig == null ? null : toolConfig.object("functionCallingConfig");
        if (calling == null) {
            return null;
        }
        List<String> allowed = calling.texts("allowedFunctionNames");
        String mode = calling.text("mode");
        return switch (mode == null ? "AUTO" : mode.toUpperCase(Locale.ROOT)) {
            case "AUTO", "MODE_UNSPECIFIED" -> new ToolChoice.Auto();
            case "NONE" -> new ToolChoice.None();
            case "ANY" -> required(calling, allowed, tools);
            case "VALIDATED" -> {
                notes.unsupported(calling.at("mode"));
                yield new ToolChoice.Auto();
            }
            default -> throw calling.wrong("mode", "AUTO, ANY, NONE or VALIDATED");
        };
    }

    private ToolChoice required(RequestNode calling, List<String> allowed, List<Tool> tools) {
        if (allowed.size() == 1) {
            return new ToolChoice.Named(allowed.getFirst());
        }
        boolean all = tools.stream().allMatch(t -> allowed.contains(t.name()));
        if (!allowed.isEmpty() && !all) {
            notes.unsupported(calling.at("allowedFunctionNames"));
        }
        return new ToolChoice.Required();
    }

    private @Nullable ResponseFormat format() {
        String type = config.text("responseMimeType");
        RequestNode schema = config.object("responseSchema");
        JsonText given = config.json("responseJsonSchema");
        JsonText json = given == null ? config.json("_responseJsonSchema") : given;
        if (json == null && schema != null) {
            json = GeminiSchema.read(schema.node());
        }
        if (json != null) {
            return new ResponseFormat.JsonSchema("output", null, json, null);
        }
        return switch (type) {
            case null -> null;
            case "text/plain" -> null;
            case "application/json" -> new ResponseFormat.JsonObject();
            default -> throw notes.impossible(config.at("responseMimeType"), "answers are text or JSON there");
        };
    }

    /** Whoever does not ask for them is not told the thoughts, whatever the model tells. */
    private boolean thoughtsTold() {
        RequestNode thinking = config.object("thinkingConfig");
        return thinking != null && thinking.isTrue("includeThoughts");
    }

    private @Nullable Reasoning reasoning() {
        RequestNode thinking = config.object("thinkingConfig");
        if (thinking == null) {
            return null;
        }
        String level = thinking.text("thinkingLevel");
        if (level != null) {
            return switch (level.toUpperCase(Locale.ROOT)) {
                case "MINIMAL" -> new Reasoning.Level(Reasoning.Effort.MINIMAL);
                case "LOW" -> new Reasoning.Level(Reasoning.Effort.LOW);
                case "MEDIUM" -> new Reasoning.Level(Reasoning.Effort.MEDIUM);
                case "HIGH" -> new Reasoning.Level(Reasoning.Effort.HIGH);
                default -> throw thinking.wrong("thinkingLevel", "MINIMAL, LOW, MEDIUM or HIGH");
            };
        }
        Long budget = thinking.whole("thinkingBudget");
        if (budget == null) {
            return null;
        }
        if (budget < -1 || budget > Integer.MAX_VALUE) {
            throw thinking.wrong("thinkingBudget", "a whole number from -1 up");
        }
        return budget == 0
                ? new Reasoning.Off()
                : budget < 0 ? new Reasoning.Adaptive(null) : new Reasoning.Budget(Math.toIntExact(budget));
    }
}
