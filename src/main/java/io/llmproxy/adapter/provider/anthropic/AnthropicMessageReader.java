package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.RequestNode;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the messages of a request. A user's message with results of tools becomes several, one for each result. */
final class AnthropicMessageReader {
    private static final Set<String> KNOWN = Set.of("role", "content");
    /** Those of a message that came as an answer, and is sent back as it was. */
    private static final Set<String> OF_ANSWERS =
            Set.of("id", "type", "model", "stop_reason", "stop_sequence", "usage", "container");

    /** Of each type of block, what is read here, and what stands in an answer and goes no further. */
    private static final Map<String, Set<String>> KNOWN_OF_BLOCKS = Map.of(
            "text", Set.of("type", "text", "cache_control", "citations"),
            "image", Set.of("type", "source", "cache_control"),
            "document", Set.of("type", "source", "title", "context", "citations", "cache_control"),
            "tool_use", Set.of("type", "id", "name", "input", "cache_control", "caller"),
            "tool_result", Set.of("type", "tool_use_id", "content", "is_error", "cache_control"),
            "thinking", Set.of("type", "thinking", "signature"),
            "redacted_thinking", Set.of("type", "data"));

    private static final Set<String> KNOWN_OF_SOURCES = Set.of("type", "media_type", "data", "url", "file_id");

    private final Notes notes;

    AnthropicMessageReader(Notes notes) {
        this.notes = notes;
    }

    /** The system prompt as the first message; none where there is none. */
    List<Message> system(RequestNode request) {
        if (!request.has("system")) {
            return List.of();
        }
        List<Content> content = blocks(request, "system");
        return content.isEmpty() ? List.of() : List.of(new Message(Role.SYSTEM, content, null));
    }

    List<Message> messages(RequestNode message) {
        for (String name : message.others(KNOWN)) {
            if (OF_ANSWERS.contains(name)) {
                notes.hint("messages." + name);
            } else {
                notes.unsupported(message.at(name));
            }
        }
        String role = message.requiredText("role");
        if (!message.has("content")) {
            throw message.wrong("content", "a string or a list, and is missing");
        }
        List<Content> content = blocks(message, "content");
        return switch (role) {
            case "assistant" -> List.of(new Message(Role.ASSISTANT, content, null));
            case "user" -> split(content);
            default -> throw message.wrong("role", "user or assistant");
        };
    }

    private static List<Message> split(List<Content> content) {
        List<Message> out = new ArrayList<>();
        List<Content> own = new ArrayList<>();
        for (Content piece : content) {
            if (piece instanceof Content.ToolResult) {
                if (!own.isEmpty()) {
                    out.add(new Message(Role.USER, own, null));
                    own.clear();
                }
                out.add(Message.of(Role.TOOL, piece));
            } else {
                own.add(piece);
            }
        }
        if (!own.isEmpty() || out.isEmpty()) {
            out.add(new Message(Role.USER, own, null));
        }
        return out;
    }

    private List<Content> blocks(RequestNode holder, String name) {
        if (holder.isText(name)) {
            return List.of(new Content.Text(holder.requiredText(name)));
        }
        List<Content> out = new ArrayList<>();
        holder.objects(name).forEach(block -> out.add(block(block)));
        return out;
    }

    private Content block(RequestNode block) {
        String type = block.requiredText("type");
        Set<String> known = KNOWN_OF_BLOCKS.get(type);
        if (known != null) {
            block.onlyKnown(known, notes);
        }
        if (type.equals("text") && !block.objects("citations").isEmpty()) {
            notes.hint("messages.content.citations");
        }
        return switch (type) {
            case "text" -> new Content.Text(block.requiredText("text"), cache(block));
            case "image" -> new Content.Image(source(block), null, cache(block));
            case "document" -> document(block);
            case "tool_use" -> call(block);
            case "tool_result" -> result(block);
            case "thinking" -> new Content.Thinking(block.requiredText("thinking"), block.text("signature"));
            case "redacted_thinking" -> new Content.RedactedThinking(block.requiredText("data"));
            default -> throw notes.impossible(block.at("type"), "this kind of content cannot be translated");
        };
    }

    static @Nullable String cache(RequestNode block) {
        RequestNode control = block.object("cache_control");
        if (control == null) {
            return null;
        }
        String ttl = control.text("ttl");
        return ttl == null ? "5m" : ttl;
    }

    private Source source(RequestNode block) {
        RequestNode source = block.requiredObject("source");
        source.onlyKnown(KNOWN_OF_SOURCES, notes);
        String type = source.requiredText("type");
        return switch (type) {
            case "base64" -> new Source.Bytes(source.requiredText("media_type"), source.requiredText("data"));
            case "url" -> new Source.Url(source.requiredText("url"));
            case "file" -> new Source.Stored(source.requiredText("file_id"));
            case "text" ->
                new Source.Bytes(
                        "text/plain",
                        Base64.getEncoder()
                                .encodeToString(source.requiredText("data").getBytes(StandardCharsets.UTF_8)));
            default -> throw notes.impossible(source.at("type"), "this kind of source cannot be translated");
        };
    }

    private Content document(RequestNode block) {
        if (block.has("context")) {
            notes.unsupported(block.at("context"));
        }
        RequestNode citations = block.object("citations");
        if (citations != null && citations.isTrue("enabled")) {
            notes.unsupported(block.at("citations"));
        }
        return new Content.File(source(block), block.text("title"), cache(block));
    }

    private static Content call(RequestNode block) {
        return new Content.ToolCall(
                block.requiredText("id"),
                block.requiredText("name"),
                block.requiredObject("input").node().toString(),
                cache(block));
    }

    private Content result(RequestNode block) {
        List<Content> content = block.has("content") ? blocks(block, "content") : List.of();
        return new Content.ToolResult(
                block.requiredText("tool_use_id"), content, block.isTrue("is_error"), cache(block));
    }
}
