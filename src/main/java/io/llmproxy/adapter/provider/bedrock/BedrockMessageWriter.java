package io.llmproxy.adapter.provider.bedrock;

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
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Writes the messages of a request: turns of user and assistant, results of tools among the user's. */
final class BedrockMessageWriter {
    private static final Map<String, String> IMAGES = Map.of(
            "image/png", "png",
            "image/jpeg", "jpeg",
            "image/jpg", "jpeg", // which is no type, and often written
            "image/gif", "gif",
            "image/webp", "webp");

    private static final Map<String, String> DOCUMENTS = Map.of(
            "application/pdf", "pdf",
            "text/plain", "txt",
            "text/csv", "csv",
            "text/html", "html",
            "text/markdown", "md",
            "application/msword", "doc",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx",
            "application/vnd.ms-excel", "xls",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");

    private final JsonOut out;
    private final boolean caches;
    private final Notes notes;
    private int documents;

    /** @param caches whether the model keeps prompts */
    BedrockMessageWriter(JsonOut out, boolean caches, Notes notes) {
        this.out = out;
        this.caches = caches;
        this.notes = notes;
    }

    void write(List<Message> messages) {
        system(messages);
        out.name("messages").openList();
        List<Content> turn = new ArrayList<>();
        boolean assistant = false;
        for (Message message : messages) {
            if (message.name() != null) {
                notes.unsupported("messages.name");
            }
            List<Content> said = instructs(message) ? List.of() : said(message);
            if (said.isEmpty()) {
                continue;
            }
            if (assistant != (message.role() == Role.ASSISTANT)) {
                turn(assistant, turn);
                turn.clear();
                assistant = !assistant;
            }
            turn.addAll(said);
        }
        turn(assistant, turn);
        out.closeList();
    }

    /** What of it goes on: a blank text is refused, and says nothing; thoughts without a signature are not known again. */
    private List<Content> said(Message message) {
        List<Content> kept = new ArrayList<>(message.content());
        kept.removeIf(BedrockMessageWriter::blank);
        if (kept.removeIf(piece -> piece instanceof Content.Thinking thought && !thought.signed())) {
            notes.hint("messages.reasoning");
        }
        return kept;
    }

    private static boolean blank(Content content) {
        return switch (content) {
            case Content.Text(String text, var _) -> text.isBlank();
            case Content.Refusal(String text) -> text.isBlank();
            default -> false;
        };
    }

    private static boolean instructs(Message message) {
        return message.role() == Role.SYSTEM || message.role() == Role.DEVELOPER;
    }

    private void system(List<Message> messages) {
        List<Content> parts = new ArrayList<>();
        boolean begun = false;
        for (Message message : messages) {
            if (!instructs(message)) {
                begun = true;
            } else {
                if (begun) {
                    notes.hint("the place of system messages that are not the first");
                }
                parts.addAll(said(message));
            }
        }
        if (!parts.isEmpty()) {
            out.name("system").openList();
            parts.forEach(this::block);
            out.closeList();
        }
    }

    private void turn(boolean assistant, List<Content> content) {
        if (content.isEmpty()) {
            return;
        }
        out.open()
                .member("role", assistant ? "assistant" : "user")
                .name("content")
                .openList();
        content.forEach(this::block);
        out.closeList().close();
    }

    private void block(Content content) {
        switch (content) {
            case Content.Text(String text, var cache) -> {
                out.open().member("text", text).close();
                cached(cache);
            }
            case Content.Refusal(String text) -> out.open().member("text", text).close();
            case Content.Image image -> {
                image(image);
                cached(image.cache());
            }
            case Content.File file -> {
                document(file);
                cached(file.cache());
            }
            case Content.Audio _ -> throw notes.impossible("messages.content.input_audio", "it hears nothing");
            case Content.ToolCall call -> {
                call(call);
                cached(call.cache());
            }
            case Content.ToolResult result -> {
                result(result);
                cached(result.cache());
            }
            case Content.Thinking thought -> thought(thought);
            case Content.RedactedThinking(String data) -> {
                out.open().name("reasoningContent").open();
                out.member("redactedContent", data).close().close();
            }
        }
    }

    private void cached(@Nullable String cache) {
        cachePoint(cache, "messages.content.cache_control");
    }

    /** Keeps what comes before it; where the model cannot, the hint goes no further. */
    void cachePoint(@Nullable String cache, String parameter) {
        if (cache == null) {
            return;
        }
        if (!caches) {
            notes.hint(parameter);
            return;
        }
        out.open().name("cachePoint").open().member("type", "default");
        out.optional("ttl", cache.equals("1h") ? cache : null).close().close();
    }

    private void thought(Content.Thinking thought) {
        out.open().name("reasoningContent").open().name("reasoningText").open();
        out.member("text", thought.text()).optional("signature", thought.signature());
        out.close().close().close();
    }

    private void image(Content.Image image) {
        if (image.detail() != null && !image.detail().equals("auto")) {
            notes.hint("messages.content.image_url.detail");
        }
        Source.Bytes bytes = bytes(image.source(), "an image");
        out.open().name("image").open().member("format", format(IMAGES, bytes.mediaType()));
        source(bytes);
        out.close().close();
    }

    private void document(Content.File file) {
        Source.Bytes bytes = bytes(file.source(), "a document");
        String type = bytes.mediaType();
        int parameter = type.indexOf(';');
        String plain = parameter < 0 ? type : type.substring(0, parameter).strip();
        out.open().name("document").open().member("format", format(DOCUMENTS, plain));
        out.member("name", name(file.name()));
        source(bytes);
        out.close().close();
    }

    /** Names are of few characters there, and no two documents may have the same. */
    private String name(@Nullable String given) {
        String known = given == null
                ? "document"
                : given.replaceAll("[^A-Za-z0-9() \\[\\]-]", "-").replaceAll(" +", " ");
        return documents++ == 0 ? known : known + " (" + documents + ")";
    }

    private void source(Source.Bytes bytes) {
        out.name("source").open().member("bytes", bytes.base64()).close();
    }

    private String format(Map<String, String> known, String mediaType) {
        String format = known.get(mediaType);
        if (format == null) {
            throw notes.impossible(
                    "messages.content.source.media_type",
                    "it reads "
                            + String.join(", ", known.keySet().stream().sorted().toList()));
        }
        return format;
    }

    private Source.Bytes bytes(Source source, String what) {
        return switch (source) {
            case Source.Bytes bytes -> bytes;
            case Source.Url _ -> throw notes.impossible("messages.content.url", "send the bytes of " + what);
            case Source.Stored _ ->
                throw notes.impossible("messages.content.file_id", "a file lies with the provider that it was sent to");
        };
    }

    private void call(Content.ToolCall call) {
        JsonNode arguments = Json.parse(call.arguments().getBytes(StandardCharsets.UTF_8));
        if (!arguments.isObject()) {
            String field = "messages.tool_calls.function.arguments";
            throw Refusals.invalid("`" + field + "` must be a JSON object.", field);
        }
        out.open().name("toolUse").open().member("toolUseId", call.id()).member("name", call.name());
        out.member("input", new JsonText(arguments.toString())).close().close();
    }

    private void result(Content.ToolResult result) {
        out.open().name("toolResult").open().member("toolUseId", result.callId());
        out.name("content").openList();
        for (Content piece : result.content()) {
            switch (piece) {
                case Content.Text(String text, var _) ->
                    out.open().member("text", text).close();
                case Content.Image image -> image(image);
                default ->
                    throw notes.impossible("messages.content.content.type", "a tool's result is text or images there");
            }
        }
        out.closeList().optional("status", result.failed() ? "error" : null);
        out.close().close();
    }
}
