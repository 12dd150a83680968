package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ResultsInOrder;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.gateway.Refusals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Writes the messages of a request: each has one text, and its images beside it. A result is told by its tool's name, which says nothing where
 * that was called several times: most models' templates have no ids, so that results stand in the order of their calls.
 */
final class OllamaMessageWriter {
    private final JsonOut out;
    private final Notes notes;
    private final Map<String, String> names = new HashMap<>();
    private final ResultsInOrder results = new ResultsInOrder();

    OllamaMessageWriter(JsonOut out, Notes notes) {
        this.out = out;
        this.notes = notes;
    }

    void write(List<Message> messages) {
        out.name("messages").openList();
        List<Content> told = new ArrayList<>();
        for (Message message : messages) {
            if (message.name() != null) {
                notes.unsupported("messages.name");
            }
            if (message.role() != Role.TOOL) {
                tell(told);
            }
            switch (message.role()) {
                case SYSTEM, DEVELOPER -> said("system", message.content());
                case USER -> said("user", message.content());
                case ASSISTANT -> said("assistant", message.content());
                case TOOL -> told.addAll(message.content());
            }
        }
        tell(told);
        out.closeList();
    }

    /** The results of a turn, which are several messages, and none from here on. */
    private void tell(List<Content> told) {
        results.of(told).forEach(this::result);
        told.clear();
    }

    private void said(String role, List<Content> content) {
        StringBuilder text = new StringBuilder();
        StringBuilder thinking = new StringBuilder();
        List<String> images = new ArrayList<>();
        List<Content.ToolCall> calls = new ArrayList<>();
        for (Content piece : content) {
            switch (piece) {
                case Content.Text(String some, var cache) -> {
                    cached(cache);
                    append(text, some);
                }
                case Content.Refusal(String some) -> append(text, some);
                case Content.Image image -> images.add(bytes(image));
                case Content.Thinking(String some, var signature) -> {
                    if (!some.isEmpty()) {
                        append(thinking, some);
                    }
                    if (signature != null && !signature.isEmpty()) {
                        notes.hint("messages.reasoning.signature");
                    }
                }
                case Content.RedactedThinking _ -> notes.hint("messages.reasoning");
                case Content.ToolCall call -> calls.add(call);
                case Content.File _ -> throw notes.impossible("messages.content.file", "it reads no documents");
                case Content.Audio _ -> throw notes.impossible("messages.content.input_audio", "it hears nothing");
                case Content.ToolResult _ ->
                    throw notes.impossible("messages.content.type", "it cannot stand in a message of this role");
            }
        }
        out.open().member("role", role).member("content", text.toString());
        if (!thinking.isEmpty()) {
            out.member("thinking", thinking.toString());
        }
        if (!images.isEmpty()) {
            out.name("images").openList();
            images.forEach(out::text);
            out.closeList();
        }
        calls(calls);
        out.close();
    }

    /** Texts of one message are paragraphs of one text there. */
    private static void append(StringBuilder text, String more) {
        text.append(text.isEmpty() ? "" : "\n\n").append(more);
    }

    private void cached(@Nullable String cache) {
        if (cache != null) {
            notes.hint("messages.content.cache_control");
        }
    }

    private String bytes(Content.Image image) {
        cached(image.cache());
        if (image.detail() != null && !image.detail().equals("auto")) {
            notes.hint("messages.content.image_url.detail");
        }
        return switch (image.source()) {
            case Source.Bytes(var _, String base64) -> base64;
            case Source.Url _ -> throw notes.impossible("messages.content.url", "send the bytes of an image");
            case Source.Stored _ -> throw notes.impossible("messages.content.file_id", "it stores no files");
        };
    }

    private void calls(List<Content.ToolCall> calls) {
        if (calls.isEmpty()) {
            return;
        }
        out.name("tool_calls").openList();
        for (Content.ToolCall call : calls) {
            cached(call.cache());
            names.put(call.id(), call.name());
            results.called(call.id());
            JsonNode arguments = Json.parse(call.arguments().getBytes(StandardCharsets.UTF_8));
            if (!arguments.isObject()) {
                String field = "messages.tool_calls.function.arguments";
                throw Refusals.invalid("`" + field + "` must be a JSON object.", field);
            }
            out.open().member("id", call.id()).name("function").open();
            out.member("name", call.name()).member("arguments", new JsonText(arguments.toString()));
            out.close().close();
        }
        out.closeList();
    }

    private void result(Content content) {
        if (!(content instanceof Content.ToolResult result)) {
            throw notes.impossible("messages.content.type", "a message of a tool has results alone");
        }
        String name = names.get(result.callId());
        if (name == null) {
            throw Refusals.invalid("A tool's result is about a call that is not there.", "messages.tool_call_id");
        }
        cached(result.cache());
        if (result.failed()) {
            notes.hint("messages.content.is_error");
        }
        StringBuilder text = new StringBuilder();
        for (Content piece : result.content()) {
            if (!(piece instanceof Content.Text(String some, var _))) {
                throw notes.impossible("messages.content.content.type", "a tool's result is text there");
            }
            append(text, some);
        }
        out.open().member("role", Role.TOOL.name().toLowerCase(java.util.Locale.ROOT));
        out.member("content", text.toString())
                .member("tool_name", name)
                .member("tool_call_id", result.callId())
                .close();
    }
}
