package io.llmproxy.adapter.provider.gemini;

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
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads the contents of a request. Calls need no id there: one without gets one here, and a result without is that of the first call of
 * its function which has none yet.
 */
final class GeminiMessageReader {
    private static final Set<String> KNOWN =
            Set.of("text", "thought", "thoughtSignature", "inlineData", "fileData", "functionCall", "functionResponse");

    private final Notes notes;
    private final List<Content.ToolCall> open = new ArrayList<>();
    private int calls;

    GeminiMessageReader(Notes notes) {
        this.notes = notes;
    }

    /** The system instruction as the first message; none where there is none. */
    List<Message> system(RequestNode request) {
        RequestNode instruction = request.object("systemInstruction");
        if (instruction == null) {
            return List.of();
        }
        List<Content> content = parts(instruction);
        return content.isEmpty() ? List.of() : List.of(new Message(Role.SYSTEM, content, null));
    }

    List<Message> messages(RequestNode content) {
        String role = content.text("role");
        return switch (role == null ? "user" : role) {
            case "model" -> List.of(new Message(Role.ASSISTANT, whole(parts(content)), null));
            case "user", "function", "tool" -> split(parts(content));
            default -> throw content.wrong("role", "user or model");
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
        if (!own.isEmpty()) {
            out.add(new Message(Role.USER, own, null));
        }
        return out;
    }

    /** Thoughts that came piece by piece, with the signature last, are one. */
    private static List<Content> whole(List<Content> parts) {
        List<Content> out = new ArrayList<>(parts.size());
        for (Content part : parts) {
            if (part instanceof Content.Thinking(String text, var signature)
                    && !out.isEmpty()
                    && out.getLast() instanceof Content.Thinking(String before, var none)
                    && none == null) {
                out.set(out.size() - 1, new Content.Thinking(before + text, signature));
            } else {
                out.add(part);
            }
        }
        return out;
    }

    private List<Content> parts(RequestNode content) {
        List<Content> out = new ArrayList<>();
        for (RequestNode part : content.objects("parts")) {
            if (!bare(part)) {
                out.add(part(part));
            }
        }
        return out;
    }

    /** Whether it is a model's signature and nothing else, with which its streams end. */
    private boolean bare(RequestNode part) {
        boolean bare = "".equals(part.text("text")) && !part.isTrue("thought") && part.has("thoughtSignature");
        if (bare) {
            notes.hint(part.at("thoughtSignature"));
        }
        return bare;
    }

    private Content part(RequestNode part) {
        part.others(KNOWN).forEach(name -> {
            throw notes.impossible(part.at(name), "this kind of content cannot be translated");
        });
        String signature = part.text("thoughtSignature");
        if (part.isTrue("thought")) {
            String text = part.text("text");
            return GeminiParts.thought(text == null ? "" : text, signature);
        }
        if (signature != null) {
            notes.hint(part.at("thoughtSignature"));
        }
        if (part.has("text")) {
            return new Content.Text(part.requiredText("text"));
        }
        if (part.has("inlineData")) {
            return inline(part.requiredObject("inlineData"));
        }
        if (part.has("fileData")) {
            return file(part.requiredObject("fileData"));
        }
        if (part.has("functionCall")) {
            return call(part.requiredObject("functionCall"));
        }
        if (part.has("functionResponse")) {
            return result(part.requiredObject("functionResponse"));
        }
        throw part.wrong("text", "there, or another kind of content");
    }

    private static Content inline(RequestNode data) {
        String type = data.requiredText("mimeType").toLowerCase(Locale.ROOT);
        String base64 = usual(data.requiredText("data"));
        if (type.startsWith("image/")) {
            return new Content.Image(new Source.Bytes(type, base64), null, null);
        }
        return type.startsWith("audio/")
                ? new Content.Audio(base64, format(type))
                : new Content.File(new Source.Bytes(type, base64), data.text("displayName"), null);
    }

    /** Bytes are written in either alphabet of base64, with padding or without; others know the first alone, with it. */
    private static String usual(String base64) {
        String usual = base64.replace('-', '+').replace('_', '/');
        return usual + "=".repeat(-usual.length() & 3);
    }

    private static String format(String type) {
        String format = type.substring("audio/".length());
        return switch (format) {
            case "mpeg" -> "mp3";
            case "x-wav", "wave" -> "wav";
            default -> format;
        };
    }

    private Content file(RequestNode file) {
        String uri = file.requiredText("fileUri");
        if (!uri.startsWith("https://") && !uri.startsWith("http://")
                || uri.contains("generativelanguage.googleapis")) {
            throw notes.impossible(file.at("fileUri"), "a file lies with the provider that it was sent to");
        }
        String type = file.text("mimeType");
        boolean image = type != null && type.startsWith("image/");
        return image
                ? new Content.Image(new Source.Url(uri), null, null)
                : new Content.File(new Source.Url(uri), file.text("displayName"), null);
    }

    private Content call(RequestNode call) {
        RequestNode arguments = call.object("args");
        String id = call.text("id");
        Content.ToolCall out = new Content.ToolCall(
                id == null || id.isEmpty() ? "call_" + ++calls : id,
                call.requiredText("name"),
                arguments == null ? "{}" : arguments.node().toString());
        open.add(out);
        return out;
    }

    private Content result(RequestNode result) {
        if (!result.objects("parts").isEmpty()) {
            throw notes.impossible(result.at("parts"), "a tool's result is text there");
        }
        String name = result.requiredText("name");
        String id = callId(name, result.text("id"));
        if (id == null) {
            throw result.wrong("name", "that of a function that was called before");
        }
        RequestNode response = result.object("response");
        JsonNode said = response == null ? result.node().path("response") : response.node();
        boolean failed = said.size() == 1 && said.has("error");
        JsonNode plain = said.size() != 1 ? said : failed ? said.path("error") : said.path("output");
        String text = plain.isString() ? plain.stringValue() : said.isMissingNode() ? "" : said.toString();
        return new Content.ToolResult(id, List.of(new Content.Text(text)), failed, null);
    }

    private @Nullable String callId(String name, @Nullable String id) {
        for (Iterator<Content.ToolCall> all = open.iterator(); all.hasNext(); ) {
            Content.ToolCall call = all.next();
            if (id == null || id.isEmpty()
                    ? call.name().equals(name)
                    : call.id().equals(id)) {
                all.remove();
                return call.id();
            }
        }
        return id == null || id.isEmpty() ? null : id;
    }
}
