package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.gateway.Refusals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Writes the messages of a request. What the system says goes to the front, whatever its place; results of tools and what the user
 * says next are one message, as Anthropic wants the results of parallel calls.
 */
final class AnthropicMessageWriter {
    private final JsonOut out;
    private final Notes notes;

    AnthropicMessageWriter(JsonOut out, Notes notes) {
        this.out = out;
        this.notes = notes;
    }

    void write(List<Message> messages) {
        system(messages);
        out.name("messages").openList();
        List<Content> turn = new ArrayList<>();
        Role speaker = Role.USER;
        for (Message message : messages) {
            if (message.name() != null) {
                notes.unsupported("messages.name");
            }
            Role role = message.role() == Role.TOOL ? Role.USER : message.role();
            if (role == Role.SYSTEM || role == Role.DEVELOPER) {
                continue;
            }
            if (role != speaker) {
                turn(speaker, turn);
                turn.clear();
                speaker = role;
            }
            turn.addAll(message.content());
        }
        turn(speaker, turn);
        out.closeList();
    }

    private void system(List<Message> messages) {
        List<Content.Text> texts = new ArrayList<>();
        boolean begun = false;
        for (Message message : messages) {
            if (message.role() != Role.SYSTEM && message.role() != Role.DEVELOPER) {
                begun = true;
                continue;
            }
            if (begun) {
                notes.hint("the place of system messages that are not the first");
            }
            for (Content content : message.content()) {
                if (!(content instanceof Content.Text text)) {
                    throw notes.impossible("messages.content.type", "a system message is text there");
                }
                if (!text.text().isBlank()) {
                    texts.add(text);
                }
            }
        }
        if (!texts.isEmpty()) {
            out.name("system");
            texts(texts);
        }
    }

    private void texts(List<? extends Content> texts) {
        if (texts.size() == 1 && texts.getFirst() instanceof Content.Text(String text, var cache) && cache == null) {
            out.text(text);
            return;
        }
        out.openList();
        texts.forEach(this::block);
        out.closeList();
    }

    private void turn(Role speaker, List<Content> content) {
        List<Content> kept = new ArrayList<>(content);
        if (speaker == Role.ASSISTANT) {
            // a blank text is refused, and says nothing
            kept.removeIf(piece -> piece instanceof Content.Text(String text, var _) && text.isBlank());
            if (kept.removeIf(AnthropicMessageWriter::unsigned)) {
                notes.hint("messages.reasoning_content");
            }
        }
        if (!kept.isEmpty()) {
            out.open().member("role", speaker == Role.ASSISTANT ? "assistant" : "user");
            out.name("content");
            texts(kept);
            out.close();
        }
    }

    /** Thoughts that the provider would not know again. */
    private static boolean unsigned(Content content) {
        return content instanceof Content.Thinking thought && !thought.signed();
    }

    private void block(Content content) {
        switch (content) {
            case Content.Text(String text, var cache) -> {
                out.open().member("type", "text").member("text", text);
                cache(out, cache);
                out.close();
            }
            case Content.Refusal(String text) ->
                out.open().member("type", "text").member("text", text).close();
            case Content.Image image -> image(image);
            case Content.File file -> file(file);
            case Content.Audio _ -> throw notes.impossible("messages.content.input_audio", "it takes no sound");
            case Content.ToolCall call -> call(call);
            case Content.ToolResult result -> result(result);
            case Content.Thinking(String text, var signature) ->
                out.open()
                        .member("type", "thinking")
                        .member("thinking", text)
                        .optional("signature", signature)
                        .close();
            case Content.RedactedThinking(String data) ->
                out.open()
                        .member("type", "redacted_thinking")
                        .member("data", data)
                        .close();
        }
    }

    static void cache(JsonOut out, @Nullable String ttl) {
        if (ttl != null) {
            out.name("cache_control").open().member("type", "ephemeral");
            out.optional("ttl", ttl.equals("5m") ? null : ttl).close();
        }
    }

    private void image(Content.Image image) {
        if (image.detail() != null && !image.detail().equals("auto")) {
            notes.hint("messages.content.image_url.detail");
        }
        out.open().member("type", "image").name("source").open();
        source(image.source());
        out.close();
        cache(out, image.cache());
        out.close();
    }

    private void source(Source source) {
        switch (source) {
            case Source.Bytes(String type, String base64) ->
                out.member("type", "base64").member("media_type", type).member("data", base64);
            case Source.Url(String url) -> out.member("type", "url").member("url", url);
            case Source.Stored _ ->
                throw notes.impossible(
                        "messages.content.file.file_id", "a file lies with the provider that it was sent to");
        }
    }

    private void file(Content.File file) {
        out.open().member("type", "document").name("source").open();
        if (file.source() instanceof Source.Bytes(String type, String base64) && type.startsWith("text/plain")) {
            out.member("type", "text").member("media_type", "text/plain").member("data", decoded(base64));
        } else {
            source(file.source());
        }
        out.close().optional("title", file.name());
        cache(out, file.cache());
        out.close();
    }

    private static String decoded(String base64) {
        try {
            return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Refusals.invalid("A file's data is not base64.", "messages.content.file.file_data");
        }
    }

    private void call(Content.ToolCall call) {
        JsonNode input = Json.parse(call.arguments().getBytes(StandardCharsets.UTF_8));
        if (!input.isObject()) {
            String field = "messages.tool_calls.function.arguments";
            throw Refusals.invalid("`" + field + "` must be a JSON object.", field);
        }
        out.open().member("type", "tool_use").member("id", call.id()).member("name", call.name());
        out.member("input", new JsonText(input.toString()));
        cache(out, call.cache());
        out.close();
    }

    private void result(Content.ToolResult result) {
        out.open().member("type", "tool_result").member("tool_use_id", result.callId());
        if (!result.content().isEmpty()) {
            out.name("content");
            texts(result.content());
        }
        if (result.failed()) {
            out.member("is_error", true);
        }
        cache(out, result.cache());
        out.close();
    }
}
