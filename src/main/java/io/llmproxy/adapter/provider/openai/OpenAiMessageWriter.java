package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.Quirk;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Writes the messages of a request. */
final class OpenAiMessageWriter {
    private static final String PDF = "application/pdf";

    private final JsonOut out;
    private final ProviderKind kind;
    private final boolean details;
    private final Notes notes;

    OpenAiMessageWriter(JsonOut out, ProviderKind kind, Notes notes) {
        this.out = out;
        this.kind = kind;
        this.details = kind.has(Quirk.SIGNED_THOUGHTS);
        this.notes = notes;
    }

    void write(Message message) {
        if (message.name() != null && kind.has(Quirk.KNOWN_FIELDS_ONLY)) {
            notes.unsupported("messages.name");
        }
        switch (message.role()) {
            case SYSTEM, DEVELOPER, USER -> said(message);
            case ASSISTANT -> answered(message);
            case TOOL -> message.content().forEach(this::result);
        }
    }

    private void said(Message message) {
        out.open().member("role", word(message.role())).optional("name", name(message));
        out.name("content");
        parts(message.content());
        out.close();
    }

    private @Nullable String name(Message message) {
        return kind.has(Quirk.KNOWN_FIELDS_ONLY) ? null : message.name();
    }

    private static String word(Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }

    /** A single text is a string: servers that follow the format loosely know that best. */
    private void parts(List<Content> content) {
        if (content.size() == 1 && content.getFirst() instanceof Content.Text(String text, var cache)) {
            cached(cache);
            out.text(text);
            return;
        }
        out.openList();
        content.forEach(this::part);
        out.closeList();
    }

    private void cached(@Nullable String cache) {
        if (cache != null) {
            notes.hint("messages.content.cache_control");
        }
    }

    private void part(Content content) {
        switch (content) {
            case Content.Text(String text, var cache) -> {
                cached(cache);
                out.open().member("type", "text").member("text", text).close();
            }
            case Content.Image image -> image(image);
            case Content.File file -> file(file);
            case Content.Audio(String data, String format) ->
                out.open()
                        .member("type", "input_audio")
                        .name("input_audio")
                        .open()
                        .member("data", data)
                        .member("format", format)
                        .close()
                        .close();
            case Content.Refusal(String text)
            when asText(content) ->
                out.open().member("type", "text").member("text", text).close();
            case Content.Refusal(String text) ->
                out.open().member("type", "refusal").member("refusal", text).close();
            case Content.ToolCall _, Content.ToolResult _, Content.Thinking _, Content.RedactedThinking _ ->
                throw notes.impossible("messages.content.type", "it cannot stand in a message of this role");
        }
    }

    private void image(Content.Image image) {
        cached(image.cache());
        String url = switch (image.source()) {
            case Source.Url(String given) -> given;
            case Source.Bytes bytes -> dataUrl(bytes);
            case Source.Stored _ -> throw stored();
        };
        out.open().member("type", "image_url").name("image_url").open().member("url", url);
        out.optional("detail", image.detail()).close().close();
    }

    private RuntimeException stored() {
        return notes.impossible("messages.content.source.file_id", "a file lies with the provider that it was sent to");
    }

    private static String dataUrl(Source.Bytes bytes) {
        return "data:" + bytes.mediaType() + ";base64," + bytes.base64();
    }

    private void file(Content.File file) {
        cached(file.cache());
        if (kind.has(Quirk.DOCUMENTS_BY_URL)) {
            out.open().member("type", "document_url").member("document_url", address(file.source()));
            out.close();
            return;
        }
        String data = switch (file.source()) {
            case Source.Bytes bytes when bytes.mediaType().startsWith(PDF) -> dataUrl(bytes);
            case Source.Bytes _ ->
                throw notes.impossible("messages.content.source.media_type", "documents are PDFs there");
            case Source.Url _ -> throw notes.impossible("messages.content.source.url", "send the document's bytes");
            case Source.Stored _ -> throw stored();
        };
        String name = file.name();
        out.open().member("type", "file").name("file").open();
        out.member("filename", name == null ? "document.pdf" : name).member("file_data", data);
        out.close().close();
    }

    private String address(Source document) {
        return switch (document) {
            case Source.Url(String url) -> url;
            case Source.Bytes bytes when bytes.mediaType().startsWith(PDF) -> dataUrl(bytes);
            case Source.Bytes _ ->
                throw notes.impossible("messages.content.source.media_type", "documents are PDFs there");
            case Source.Stored _ -> throw stored();
        };
    }

    private void answered(Message message) {
        out.open().member("role", "assistant").optional("name", name(message));
        text(message.content().stream().filter(this::asText).toList());
        thoughts(message.content());
        calls(message.content().stream()
                .filter(Content.ToolCall.class::isInstance)
                .toList());
        for (Content content : message.content()) {
            switch (content) {
                case Content.Refusal refusal when asText(refusal) -> {}
                case Content.Refusal(String text) -> out.member("refusal", text);
                case Content.Image _, Content.File _, Content.Audio _, Content.ToolResult _ ->
                    throw notes.impossible("messages.content.type", "it cannot stand in a message of the assistant");
                case Content.Text _, Content.ToolCall _, Content.Thinking _, Content.RedactedThinking _ -> {}
            }
        }
        out.close();
    }

    /** Where there is no field for it, a refusal is what was said. */
    private boolean asText(Content content) {
        return content instanceof Content.Text
                || content instanceof Content.Refusal && kind.has(Quirk.KNOWN_FIELDS_ONLY);
    }

    private void text(List<Content> texts) {
        out.name("content");
        if (texts.isEmpty()) {
            out.nothing();
        } else {
            parts(texts);
        }
    }

    private void thoughts(List<Content> content) {
        boolean open = false;
        for (Content thought : content) {
            boolean signed = thought instanceof Content.Thinking thinking && thinking.signed();
            boolean known = signed || thought instanceof Content.RedactedThinking;
            if (known && details) {
                if (!open) {
                    out.name("reasoning_details").openList();
                    open = true;
                }
                OpenAiThoughts.write(out, thought);
            } else if (known || thought instanceof Content.Thinking) {
                notes.hint("messages.content.thinking");
            }
        }
        if (open) {
            out.closeList();
        }
    }

    private void calls(List<Content> calls) {
        if (calls.isEmpty()) {
            return;
        }
        out.name("tool_calls").openList();
        for (Content content : calls) {
            if (content instanceof Content.ToolCall call) {
                cached(call.cache());
                OpenAiThoughts.call(out, new Content.ToolCall(id(call.id()), call.name(), call.arguments()));
            }
        }
        out.closeList();
    }

    private String id(String callId) {
        return kind.has(Quirk.SHORT_CALL_IDS) ? ShortIds.of(callId) : callId;
    }

    private void result(Content content) {
        if (!(content instanceof Content.ToolResult result)) {
            throw notes.impossible("messages.content.type", "a message of a tool has results alone");
        }
        cached(result.cache());
        if (result.failed()) {
            notes.hint("messages.content.is_error");
        }
        if (!result.content().stream().allMatch(Content.Text.class::isInstance)) {
            throw notes.impossible("messages.content.content.type", "a tool's result is text there");
        }
        out.open()
                .member("role", "tool")
                .member("tool_call_id", id(result.callId()))
                .name("content");
        if (result.content().isEmpty()) {
            out.text("");
        } else {
            parts(result.content());
        }
        out.close();
    }
}
