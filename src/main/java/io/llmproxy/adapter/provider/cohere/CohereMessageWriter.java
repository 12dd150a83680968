package io.llmproxy.adapter.provider.cohere;

import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the messages of a request; what the assistant says before it calls tools is its plan. */
final class CohereMessageWriter {
    private final JsonOut out;
    private final Notes notes;

    CohereMessageWriter(JsonOut out, Notes notes) {
        this.out = out;
        this.notes = notes;
    }

    void write(List<Message> messages) {
        out.name("messages").openList();
        for (Message message : messages) {
            if (message.name() != null) {
                notes.unsupported("messages.name");
            }
            switch (message.role()) {
                case SYSTEM, DEVELOPER -> said("system", message.content());
                case USER -> said("user", message.content());
                case ASSISTANT -> answered(message.content());
                case TOOL -> message.content().forEach(this::result);
            }
        }
        out.closeList();
    }

    private void said(String role, List<Content> content) {
        out.open().member("role", role).name("content");
        if (content.size() == 1 && content.getFirst() instanceof Content.Text(String text, var cache)) {
            cached(cache);
            out.text(text);
        } else {
            out.openList();
            content.forEach(this::part);
            out.closeList();
        }
        out.close();
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
            case Content.Refusal(String text) ->
                out.open().member("type", "text").member("text", text).close();
            case Content.Thinking(String text, var _) ->
                out.open().member("type", "thinking").member("thinking", text).close();
            case Content.Image image -> image(image);
            case Content.File _ -> throw notes.impossible("messages.content.file", "it reads no documents");
            case Content.Audio _ -> throw notes.impossible("messages.content.input_audio", "it hears nothing");
            case Content.RedactedThinking _, Content.ToolCall _, Content.ToolResult _ ->
                throw notes.impossible("messages.content.type", "it cannot stand in a message of this role");
        }
    }

    private void image(Content.Image image) {
        cached(image.cache());
        String url = switch (image.source()) {
            case Source.Url(String given) -> given;
            case Source.Bytes(String type, String base64) -> "data:" + type + ";base64," + base64;
            case Source.Stored _ ->
                throw notes.impossible("messages.content.file_id", "a file lies with the provider that it was sent to");
        };
        out.open().member("type", "image_url").name("image_url").open();
        out.member("url", url).optional("detail", image.detail()).close().close();
    }

    private void answered(List<Content> content) {
        List<Content.ToolCall> calls = content.stream()
                .filter(Content.ToolCall.class::isInstance)
                .map(Content.ToolCall.class::cast)
                .toList();
        List<Content> said = content.stream().filter(this::kept).toList();
        out.open().member("role", "assistant");
        if (calls.isEmpty()) {
            out.name("content").openList();
            said.forEach(this::part);
            out.closeList();
        } else {
            planned(said);
            calls(calls);
        }
        out.close();
    }

    private boolean kept(Content content) {
        switch (content) {
            case Content.RedactedThinking _ -> notes.hint("messages.reasoning");
            case Content.Thinking(String text, var signature) -> {
                if (signature != null && !signature.isEmpty()) {
                    notes.hint("messages.reasoning.signature");
                }
                return !text.isEmpty();
            }
            case Content.ToolCall _ -> {}
            case Content.Text _,
                    Content.Refusal _,
                    Content.Image _,
                    Content.File _,
                    Content.Audio _,
                    Content.ToolResult _ -> {
                return true;
            }
        }
        return false;
    }

    private void planned(List<Content> said) {
        StringBuilder plan = new StringBuilder();
        for (Content content : said) {
            switch (content) {
                case Content.Text(String text, var cache) -> {
                    cached(cache);
                    plan.append(text);
                }
                case Content.Refusal(String text) -> plan.append(text);
                case Content.Thinking _ -> notes.hint("messages.reasoning");
                case Content.RedactedThinking _,
                        Content.ToolCall _,
                        Content.ToolResult _,
                        Content.Image _,
                        Content.File _,
                        Content.Audio _ ->
                    throw notes.impossible("messages.content.type", "it cannot stand in a message of the assistant");
            }
        }
        if (!plan.isEmpty()) {
            out.member("tool_plan", plan.toString());
        }
    }

    private void calls(List<Content.ToolCall> calls) {
        out.name("tool_calls").openList();
        for (Content.ToolCall call : calls) {
            cached(call.cache());
            out.open().member("id", call.id()).member("type", "function").name("function");
            out.open().member("name", call.name()).member("arguments", call.arguments());
            out.close().close();
        }
        out.closeList();
    }

    private void result(Content content) {
        if (!(content instanceof Content.ToolResult result)) {
            throw notes.impossible("messages.content.type", "a message of a tool has results alone");
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
            text.append(some);
        }
        out.open().member("role", "tool").member("tool_call_id", result.callId());
        out.member("content", text.toString()).close();
    }
}
