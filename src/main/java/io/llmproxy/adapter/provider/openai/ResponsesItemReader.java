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

/**
 * Reads the items of {@code input}. Reasoning, messages and calls of the assistant that follow each other are one message, since they
 * were one answer. Signatures are in {@code encrypted_content}, as {@link ResponsesItems} writes them.
 */
final class ResponsesItemReader {
    private static final Map<String, Set<String>> KNOWN = Map.of(
            "message", Set.of("type", "id", "status", "role", "content", "phase"),
            "function_call", Set.of("type", "id", "status", "call_id", "name", "arguments", "parsed_arguments"),
            "function_call_output", Set.of("type", "id", "status", "call_id", "output"),
            "reasoning", Set.of("type", "id", "status", "summary", "content", "encrypted_content"));

    private static final Map<String, Set<String>> KNOWN_OF_PARTS = Map.of(
            "input_text", Set.of("type", "text"),
            // the last three stand in an answer and say nothing to a model
            "output_text", Set.of("type", "text", "annotations", "logprobs", "parsed"),
            "text", Set.of("type", "text"),
            "refusal", Set.of("type", "refusal"),
            "input_image", Set.of("type", "file_id", "image_url", "detail"),
            "input_file", Set.of("type", "filename", "file_id", "file_url", "file_data"),
            "input_audio", Set.of("type", "input_audio"));

    private final Notes notes;
    private final List<Message> messages = new ArrayList<>();
    private final List<Content> answer = new ArrayList<>();

    ResponsesItemReader(Notes notes) {
        this.notes = notes;
    }

    List<Message> read(List<RequestNode> items) {
        items.forEach(this::item);
        answered();
        return messages;
    }

    private void item(RequestNode item) {
        String said = item.text("type");
        String type = said == null ? "message" : said;
        onlyKnown(item, KNOWN.get(type));
        switch (type) {
            case "message" -> message(item);
            case "function_call" ->
                answer.add(
                        new Content.ToolCall(item.requiredText("call_id"), item.requiredText("name"), arguments(item)));
            case "function_call_output" -> {
                answered();
                messages.add(Message.of(Role.TOOL, result(item)));
            }
            case "reasoning" -> reasoning(item);
            case "item_reference" ->
                throw notes.impossible(item.at("type"), "what a provider keeps is known to that one alone");
            default -> throw notes.impossible(item.at("type"), "this kind of item cannot be translated");
        }
    }

    private void onlyKnown(RequestNode node, @Nullable Set<String> known) {
        if (known != null) {
            node.onlyKnown(known, notes);
        }
    }

    private void answered() {
        if (!answer.isEmpty()) {
            messages.add(new Message(Role.ASSISTANT, answer, null));
            answer.clear();
        }
    }

    private void message(RequestNode message) {
        String role = message.requiredText("role");
        if (!message.has("content")) {
            throw message.wrong("content", "a string or a list, and is missing");
        }
        List<Content> content = parts(message, "content");
        if (role.equals("assistant")) {
            answer.addAll(content);
            return;
        }
        answered();
        Role whose = switch (role) {
            case "user" -> Role.USER;
            case "system" -> Role.SYSTEM;
            case "developer" -> Role.DEVELOPER;
            default -> throw message.wrong("role", "user, assistant, system or developer");
        };
        messages.add(new Message(whose, content, null));
    }

    private static String arguments(RequestNode call) {
        String arguments = call.text("arguments");
        return arguments == null || arguments.isBlank() ? "{}" : arguments;
    }

    private Content result(RequestNode item) {
        String id = item.requiredText("call_id");
        if (!item.has("output")) {
            throw item.wrong("output", "a string or a list, and is missing");
        }
        return new Content.ToolResult(id, parts(item, "output"), false, null);
    }

    private void reasoning(RequestNode item) {
        StringBuilder text = new StringBuilder();
        item.objects("summary").forEach(part -> text.append(part.requiredText("text")));
        item.objects("content").forEach(part -> text.append(part.requiredText("text")));
        answer.add(ResponsesItems.thought(text.toString(), item.text("encrypted_content")));
    }

    private List<Content> parts(RequestNode holder, String name) {
        if (holder.isText(name)) {
            return List.of(new Content.Text(holder.requiredText(name)));
        }
        List<Content> out = new ArrayList<>();
        holder.objects(name).forEach(part -> out.add(part(part)));
        return out;
    }

    private Content part(RequestNode part) {
        String type = part.requiredText("type");
        onlyKnown(part, KNOWN_OF_PARTS.get(type));
        return switch (type) {
            case "input_text", "output_text", "text" -> new Content.Text(part.requiredText("text"));
            case "refusal" -> new Content.Refusal(part.requiredText("refusal"));
            case "input_image" -> image(part);
            case "input_file" -> file(part);
            case "input_audio" -> {
                RequestNode audio = part.requiredObject("input_audio");
                yield new Content.Audio(audio.requiredText("data"), audio.requiredText("format"));
            }
            default -> throw notes.impossible(part.at("type"), "this kind of content cannot be translated");
        };
    }

    private static Content image(RequestNode part) {
        String id = part.text("file_id");
        if (id != null) {
            return new Content.Image(new Source.Stored(id), part.text("detail"), null);
        }
        String url = part.requiredText("image_url");
        Source.Bytes bytes = OpenAiMessageReader.bytes(url);
        return new Content.Image(bytes == null ? new Source.Url(url) : bytes, part.text("detail"), null);
    }

    private static Content file(RequestNode part) {
        String name = part.text("filename");
        String id = part.text("file_id");
        String url = part.text("file_url");
        if (id != null || url != null) {
            return new Content.File(id == null ? new Source.Url(requireText(url)) : new Source.Stored(id), name, null);
        }
        Source.Bytes bytes = OpenAiMessageReader.bytes(part.requiredText("file_data"));
        if (bytes == null) {
            throw part.wrong("file_data", "a data URL in base64");
        }
        return new Content.File(bytes, name, null);
    }

    private static String requireText(@Nullable String text) {
        return text == null ? "" : text;
    }
}
