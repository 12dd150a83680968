package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.RequestNode;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the messages of a request. A call without an id gets one here, and a result without is that of the first call, of its tool
 * where it names one, which has none yet.
 */
final class OllamaMessageReader {
    private static final Set<String> KNOWN =
            Set.of("role", "content", "thinking", "images", "tool_calls", "tool_name", "tool_call_id", "name");

    /** How the base64 of an image begins, by its format's first bytes. */
    private static final Map<String, String> BEGINNINGS =
            Map.of("iVBORw0KGgo", "image/png", "/9j/", "image/jpeg", "R0lGOD", "image/gif", "UklGR", "image/webp");

    private final Notes notes;
    private final List<Content.ToolCall> open = new ArrayList<>();
    private int calls;

    OllamaMessageReader(Notes notes) {
        this.notes = notes;
    }

    Message message(RequestNode message) {
        message.others(KNOWN).forEach(name -> notes.unsupported(message.at(name)));
        String role = message.requiredText("role").toLowerCase(Locale.ROOT);
        return switch (role) {
            case "system" -> new Message(Role.SYSTEM, said(message), null);
            case "user" -> new Message(Role.USER, said(message), null);
            case "assistant" -> new Message(Role.ASSISTANT, answer(message), null);
            case "tool" -> Message.of(Role.TOOL, result(message));
            default -> throw message.wrong("role", "system, user, assistant or tool");
        };
    }

    private static List<Content> said(RequestNode message) {
        List<Content> out = new ArrayList<>();
        String text = message.text("content");
        if (text == null && !message.has("images")) {
            throw message.wrong("content", "a string, and is missing");
        }
        if (text != null) {
            out.add(new Content.Text(text));
        }
        out.addAll(images(message));
        return out;
    }

    static List<Content> images(RequestNode holder) {
        List<Content> out = new ArrayList<>();
        for (String image : holder.texts("images")) {
            String type = BEGINNINGS.entrySet().stream()
                    .filter(e -> image.startsWith(e.getKey()))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElseThrow(() -> holder.wrong("images", "PNG, JPEG, GIF or WebP in base64"));
            out.add(new Content.Image(new Source.Bytes(type, image), null, null));
        }
        return out;
    }

    private List<Content> answer(RequestNode message) {
        List<Content> out = new ArrayList<>();
        String thinking = message.text("thinking");
        if (thinking != null && !thinking.isEmpty()) {
            out.add(new Content.Thinking(thinking, null));
        }
        String text = message.text("content");
        if (text != null && !text.isEmpty()) {
            out.add(new Content.Text(text));
        }
        message.objects("tool_calls").forEach(call -> out.add(call(call)));
        return out;
    }

    private Content call(RequestNode call) {
        RequestNode function = call.requiredObject("function");
        RequestNode arguments = function.object("arguments");
        String id = call.text("id");
        Content.ToolCall out = new Content.ToolCall(
                id == null || id.isEmpty() ? "call_" + ++calls : id,
                function.requiredText("name"),
                arguments == null ? "{}" : arguments.node().toString());
        open.add(out);
        return out;
    }

    private Content result(RequestNode message) {
        String name = message.text("tool_name");
        String id = message.text("tool_call_id");
        String call = callId(id, name == null ? message.text("name") : name);
        if (call == null) {
            throw message.wrong("tool_name", "that of a tool that was called before");
        }
        List<Content> content = List.of(new Content.Text(message.requiredText("content")));
        return new Content.ToolResult(call, content, false, null);
    }

    private @Nullable String callId(@Nullable String id, @Nullable String name) {
        for (Iterator<Content.ToolCall> all = open.iterator(); all.hasNext(); ) {
            Content.ToolCall call = all.next();
            if (id == null
                    ? name == null || call.name().equals(name)
                    : call.id().equals(id)) {
                all.remove();
                return call.id();
            }
        }
        return id;
    }
}
