package io.llmproxy.adapter.provider.translation;

import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.chat.Tool;
import io.llmproxy.domain.chat.ToolChoice;
import io.llmproxy.domain.usage.TokenUsage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a client of {@code /v1/responses} writes and makes of an answer: the other end of a dialect that no translated provider speaks. */
final class ResponsesJson {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Random random;

    /** @param random which of several forms that say the same a client takes */
    ResponsesJson(Random random) {
        this.random = random;
    }

    byte[] request(ChatRequest request) {
        ObjectNode out = JSON.createObjectNode().put("model", request.model()).put("stream", request.stream());
        out.put("max_output_tokens", request.maxTokens());
        out.put("temperature", request.sampling().temperature());
        out.put("top_p", request.sampling().topP());
        out.put("top_logprobs", request.topLogprobs());
        out.put("parallel_tool_calls", request.parallelToolCalls());
        out.put(random.nextBoolean() ? "user" : "safety_identifier", request.user());
        out.put("service_tier", request.serviceTier());
        tools(request, out);
        format(request.format(), out.putObject("text").putObject("format"));
        Reasoning.Effort effort = effort(request.reasoning());
        if (effort != null) {
            ObjectNode reasoning =
                    out.putObject("reasoning").put("effort", effort.name().toLowerCase(Locale.ROOT));
            reasoning.put("summary", random.nextBoolean() ? "auto" : null);
        }
        out.put("store", random.nextBoolean() ? false : null).put("truncation", "disabled");
        if (random.nextBoolean()) {
            out.putArray("include").add("reasoning.encrypted_content");
        }
        input(request.messages(), out);
        return out.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** There are levels alone. */
    private static Reasoning.@Nullable Effort effort(@Nullable Reasoning reasoning) {
        return switch (reasoning) {
            case null -> null;
            case Reasoning.Off() -> null;
            case Reasoning.Level(var effort) -> effort;
            case Reasoning.Budget(int tokens) -> Reasoning.Effort.of(tokens);
            case Reasoning.Adaptive(var effort) -> effort;
        };
    }

    private void tools(ChatRequest request, ObjectNode out) {
        for (Tool tool : request.tools()) {
            ObjectNode written = out.withArray("tools").addObject().put("type", "function");
            written.put("name", tool.name()).put("description", tool.description());
            written.set("parameters", JSON.readTree(tool.schema().text()));
            written.put("strict", tool.strict());
        }
        switch (request.toolChoice()) {
            case null -> {}
            case ToolChoice.Auto() -> out.put("tool_choice", "auto");
            case ToolChoice.None() -> out.put("tool_choice", "none");
            case ToolChoice.Required() -> out.put("tool_choice", "required");
            case ToolChoice.Named(String name) ->
                out.putObject("tool_choice").put("type", "function").put("name", name);
        }
    }

    private static void format(@Nullable ResponseFormat format, ObjectNode out) {
        switch (format) {
            case null -> out.put("type", "text");
            case ResponseFormat.JsonObject() -> out.put("type", "json_object");
            case ResponseFormat.JsonSchema schema -> {
                out.put("type", "json_schema").put("name", schema.name());
                out.put("description", schema.description()).put("strict", schema.strict());
                out.set("schema", JSON.readTree(schema.schema().text()));
            }
        }
    }

    private void input(List<Message> messages, ObjectNode out) {
        ArrayNode items = out.putArray("input");
        for (Message message : messages) {
            Content only = message.content().size() == 1 ? message.content().getFirst() : null;
            if (message.role() == Role.SYSTEM
                    && only instanceof Content.Text(String text, var _)
                    && random.nextBoolean()) {
                out.put("instructions", text);
            } else if (message.role() == Role.ASSISTANT) {
                answered(message.content(), items);
            } else if (message.role() == Role.TOOL) {
                message.content().forEach(result -> result((Content.ToolResult) result, items));
            } else {
                ObjectNode item = message(items, message.role().name().toLowerCase(Locale.ROOT));
                if (only instanceof Content.Text(String text, var _) && random.nextBoolean()) {
                    item.put("content", text);
                } else {
                    parts(message.content(), "input_text", item.putArray("content"));
                }
            }
        }
        JsonNode first = items.path(0);
        boolean plain = items.size() == 1 && first.path("role").asString("").equals("user");
        if (plain && first.path("content").isString() && random.nextBoolean()) {
            out.put("input", first.path("content").stringValue());
        }
    }

    private ObjectNode message(ArrayNode items, String role) {
        ObjectNode item = items.addObject();
        if (random.nextBoolean()) {
            item.put("type", "message"); // which may be left out
        }
        return item.put("role", role);
    }

    /** Each kind of content is an item; texts that follow each other are one message or several. */
    private void answered(List<Content> content, ArrayNode items) {
        ArrayNode texts = null;
        for (Content piece : content) {
            switch (piece) {
                case Content.Thinking(String text, var signature) -> reasoning(text, signature, items);
                case Content.RedactedThinking(String data) -> reasoning("", "redacted:" + data, items);
                case Content.ToolCall call ->
                    items.addObject()
                            .put("type", "function_call")
                            .put("id", random.nextBoolean() ? "fc_1" : null)
                            .put("status", "completed")
                            .put("call_id", call.id())
                            .put("name", call.name())
                            .put("arguments", call.arguments());
                default -> {
                    if (texts == null || random.nextBoolean()) {
                        texts = message(items, "assistant")
                                .put("status", "completed")
                                .putArray("content");
                    }
                    parts(List.of(piece), "output_text", texts);
                    continue;
                }
            }
            texts = null;
        }
    }

    private static void reasoning(String text, @Nullable String signature, ArrayNode items) {
        ObjectNode item = items.addObject().put("type", "reasoning").put("id", "rs_1");
        item.put("encrypted_content", signature);
        ArrayNode summary = item.putArray("summary");
        if (!text.isEmpty()) {
            summary.addObject().put("type", "summary_text").put("text", text);
        }
    }

    private void result(Content.ToolResult result, ArrayNode items) {
        ObjectNode item = items.addObject().put("type", "function_call_output").put("call_id", result.callId());
        if (result.content().size() == 1
                && result.content().getFirst() instanceof Content.Text(String text, var _)
                && random.nextBoolean()) {
            item.put("output", text);
        } else {
            parts(result.content(), "input_text", item.putArray("output"));
        }
    }

    private static void parts(List<Content> content, String text, ArrayNode out) {
        for (Content piece : content) {
            ObjectNode part = out.addObject();
            switch (piece) {
                case Content.Text(String said, var _) -> part.put("type", text).put("text", said);
                case Content.Refusal(String said) -> part.put("type", "refusal").put("refusal", said);
                case Content.Image image -> part.put("type", "input_image").put("image_url", address(image.source()));
                case Content.File file ->
                    part.put("type", "input_file")
                            .put("filename", file.name())
                            .put("file_data", address(file.source()));
                default -> throw new AssertionError(piece);
            }
        }
    }

    private static String address(Source source) {
        return switch (source) {
            case Source.Url(String url) -> url;
            case Source.Bytes(String type, String base64) -> "data:" + type + ";base64," + base64;
            case Source.Stored stored -> throw new AssertionError(stored);
        };
    }

    /** What a client reads from a response that has ended; without its id. */
    static ChatAnswer answer(JsonNode response) {
        List<Content> content = new ArrayList<>();
        List<TokenProbability> tokens = new ArrayList<>();
        for (JsonNode item : response.path("output")) {
            switch (item.path("type").stringValue()) {
                case "message" -> {
                    JsonNode part = item.path("content").path(0);
                    boolean refusal = part.has("refusal");
                    content.add(
                            refusal
                                    ? new Content.Refusal(part.path("refusal").stringValue())
                                    : new Content.Text(part.path("text").stringValue()));
                    part.path("logprobs").forEach(token -> tokens.add(probability(token)));
                }
                case "function_call" ->
                    content.add(new Content.ToolCall(
                            item.path("call_id").stringValue(),
                            item.path("name").stringValue(),
                            item.path("arguments").stringValue()));
                default -> content.add(thought(item));
            }
        }
        boolean called = content.stream().anyMatch(Content.ToolCall.class::isInstance);
        FinishReason finish =
                switch (response.path("incomplete_details").path("reason").asString("")) {
                    case "max_output_tokens" -> FinishReason.LENGTH;
                    case "content_filter" -> FinishReason.REFUSED;
                    default -> called ? FinishReason.TOOL_CALLS : FinishReason.STOP;
                };
        ChatAnswer.Choice choice = new ChatAnswer.Choice(content, finish, tokens);
        return ChatAnswer.of("", response.path("model").stringValue(), List.of(choice), usage(response.path("usage")));
    }

    private static Content thought(JsonNode item) {
        String signature = item.path("encrypted_content").asString("");
        if (signature.startsWith("redacted:")) {
            return new Content.RedactedThinking(signature.substring("redacted:".length()));
        }
        String text = item.path("summary").path(0).path("text").asString("");
        return new Content.Thinking(text, signature.isEmpty() ? null : signature);
    }

    private static TokenProbability probability(JsonNode token) {
        List<TokenProbability.Candidate> likeliest = new ArrayList<>();
        for (JsonNode other : token.path("top_logprobs")) {
            likeliest.add(new TokenProbability.Candidate(
                    other.path("token").stringValue(), other.path("logprob").doubleValue()));
        }
        return new TokenProbability(
                token.path("token").stringValue(), token.path("logprob").doubleValue(), likeliest);
    }

    private static TokenUsage usage(JsonNode usage) {
        JsonNode input = usage.path("input_tokens_details");
        return new TokenUsage(
                usage.path("input_tokens").longValue(),
                usage.path("output_tokens").longValue(),
                input.path("cached_tokens").longValue(),
                input.path("cache_write_tokens").longValue(),
                usage.path("output_tokens_details").path("reasoning_tokens").longValue(),
                0,
                0,
                TokenUsage.Source.PROVIDER);
    }
}
