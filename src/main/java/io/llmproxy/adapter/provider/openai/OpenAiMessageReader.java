package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.RequestNode;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads one message of a request. Beyond OpenAI's own members it knows those of the field: {@code cache_control} of a part, and
 * {@code reasoning_content} and {@code reasoning_details} of an earlier answer, as OpenRouter's reference has them.
 */
final class OpenAiMessageReader {
    private static final String DATA = "data:";
    private static final String BASE64 = ";base64,";

    private static final Set<String> KNOWN = Set.of(
            "role",
            "content",
            "name",
            "tool_calls",
            "tool_call_id",
            "function_call",
            "audio",
            "refusal",
            "cache_control",
            "reasoning_content",
            "reasoning_details");

    /** Those of an answer, OpenAI's and its followers', that clients send back as it was: they say nothing to a model. */
    private static final Set<String> OF_ANSWERS = Set.of(
            "annotations", "reasoning", "parsed", "provider_specific_fields", "extra_content", "thinking_blocks");

    private static final Map<String, Set<String>> KNOWN_INSIDE = Map.of(
            "image_url", Set.of("url", "detail"),
            "input_audio", Set.of("data", "format"),
            "file", Set.of("file_id", "file_data", "filename", "format"));

    private static final Map<String, Set<String>> KNOWN_OF_PARTS = Map.of(
            "text", Set.of("type", "text", "cache_control"),
            "refusal", Set.of("type", "refusal"),
            "image_url", Set.of("type", "image_url", "cache_control"),
            "input_audio", Set.of("type", "input_audio"),
            "file", Set.of("type", "file", "cache_control"));

    private static final Set<String> KNOWN_OF_CALLS =
            Set.of("id", "type", "function", "index", "cache_control", "extra_content");
    private static final Set<String> KNOWN_OF_FUNCTIONS = Set.of("name", "arguments", "parsed_arguments");

    private final Notes notes;

    OpenAiMessageReader(Notes notes) {
        this.notes = notes;
    }

    Message message(RequestNode message) {
        for (String other : message.others(KNOWN)) {
            if (OF_ANSWERS.contains(other)) {
                told(message, other);
            } else {
                notes.unsupported(message.at(other));
            }
        }
        String role = message.requiredText("role");
        String name = message.text("name");
        return switch (role) {
            case "system" -> new Message(Role.SYSTEM, content(message), name);
            case "developer" -> new Message(Role.DEVELOPER, content(message), name);
            case "user" -> new Message(Role.USER, content(message), name);
            case "assistant" -> new Message(Role.ASSISTANT, answer(message), name);
            case "tool" -> Message.of(Role.TOOL, result(message));
            case "function" -> throw notes.impossible(message.at("role"), "take tools instead of functions");
            default -> throw message.wrong("role", "system, developer, user, assistant or tool");
        };
    }

    /** An empty one has said nothing. */
    private void told(RequestNode message, String name) {
        JsonNode value = message.node().get(name);
        if (!value.isEmpty() || value.isValueNode()) {
            notes.hint("messages." + name);
        }
    }

    private List<Content> content(RequestNode message) {
        if (!message.has("content")) {
            throw message.wrong("content", "a string or a list, and is missing");
        }
        return parts(message);
    }

    private List<Content> parts(RequestNode message) {
        if (message.isText("content")) {
            return List.of(new Content.Text(message.requiredText("content")));
        }
        List<Content> out = new ArrayList<>();
        message.objects("content").forEach(part -> out.add(part(part)));
        return out;
    }

    private Content part(RequestNode part) {
        String type = part.requiredText("type");
        Set<String> known = KNOWN_OF_PARTS.get(type);
        if (known != null) {
            part.onlyKnown(known, notes);
        }
        Set<String> inside = KNOWN_INSIDE.get(type);
        if (inside != null) {
            part.requiredObject(type).onlyKnown(inside, notes);
        }
        return switch (type) {
            case "text" -> new Content.Text(part.requiredText("text"), cache(part));
            case "refusal" -> new Content.Refusal(part.requiredText("refusal"));
            case "image_url" -> image(part);
            case "input_audio" -> audio(part.requiredObject("input_audio"));
            case "file" -> file(part);
            default -> throw notes.impossible(part.at("type"), "this kind of content cannot be translated");
        };
    }

    static @Nullable String cache(RequestNode part) {
        RequestNode control = part.object("cache_control");
        if (control == null) {
            return null;
        }
        String ttl = control.text("ttl");
        return ttl == null ? "5m" : ttl;
    }

    private static Content image(RequestNode part) {
        RequestNode image = part.requiredObject("image_url");
        String url = image.requiredText("url");
        Source.Bytes bytes = bytes(url);
        return new Content.Image(bytes == null ? new Source.Url(url) : bytes, image.text("detail"), cache(part));
    }

    /** Of a data URL (RFC 2397) in base64; null where it is none. */
    static Source.@Nullable Bytes bytes(String url) {
        int comma = url.indexOf(BASE64);
        if (!url.startsWith(DATA) || comma < 0) {
            return null;
        }
        return new Source.Bytes(url.substring(DATA.length(), comma), url.substring(comma + BASE64.length()));
    }

    private static Content audio(RequestNode audio) {
        return new Content.Audio(audio.requiredText("data"), audio.requiredText("format"));
    }

    private static Content file(RequestNode part) {
        RequestNode file = part.requiredObject("file");
        String id = file.text("file_id");
        if (id != null) {
            return new Content.File(new Source.Stored(id), file.text("filename"), cache(part));
        }
        Source.Bytes bytes = bytes(file.requiredText("file_data"));
        if (bytes == null) {
            throw file.wrong("file_data", "a data URL in base64");
        }
        return new Content.File(bytes, file.text("filename"), cache(part));
    }

    private List<Content> answer(RequestNode message) {
        if (message.has("function_call")) {
            throw notes.impossible(message.at("function_call"), "take tools instead of functions");
        }
        if (message.has("audio")) {
            throw notes.impossible(message.at("audio"), "what was said is known to its provider alone");
        }
        List<Content> out = new ArrayList<>(thoughts(message));
        out.addAll(parts(message));
        String refusal = message.text("refusal");
        if (refusal != null) {
            out.add(new Content.Refusal(refusal));
        }
        message.objects("tool_calls").forEach(call -> out.add(call(call)));
        return out;
    }

    private static List<Content> thoughts(RequestNode message) {
        List<Content> out = new ArrayList<>();
        for (RequestNode detail : message.objects("reasoning_details")) {
            String type = detail.text("type");
            String data = detail.text("data");
            String text = detail.text("text");
            if ("reasoning.encrypted".equals(type) && data != null) {
                out.add(new Content.RedactedThinking(data));
            } else if ("reasoning.text".equals(type) && text != null) {
                out.add(new Content.Thinking(text, detail.text("signature")));
            }
        }
        String unsigned = message.text("reasoning_content");
        if (out.isEmpty() && unsigned != null && !unsigned.isEmpty()) {
            out.add(new Content.Thinking(unsigned, null));
        }
        return out;
    }

    private Content call(RequestNode call) {
        call.onlyKnown(KNOWN_OF_CALLS, notes);
        if (call.has("extra_content")) {
            notes.hint("messages.tool_calls.extra_content");
        }
        String type = call.text("type");
        if (type != null && !type.equals("function")) {
            throw notes.impossible(call.at("type"), "only functions can be translated");
        }
        RequestNode function = call.requiredObject("function");
        function.onlyKnown(KNOWN_OF_FUNCTIONS, notes);
        String arguments = function.text("arguments");
        return new Content.ToolCall(
                call.requiredText("id"),
                function.requiredText("name"),
                arguments == null || arguments.isBlank() ? "{}" : arguments,
                cache(call));
    }

    private Content result(RequestNode message) {
        return new Content.ToolResult(message.requiredText("tool_call_id"), content(message), false, cache(message));
    }
}
