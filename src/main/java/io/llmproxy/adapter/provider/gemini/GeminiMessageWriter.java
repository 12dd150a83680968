package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ResultsInOrder;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.Content.Source;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.SignedCallId;
import io.llmproxy.gateway.Refusals;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Writes the contents of a request: turns of user and model. A call and its result have the same id, by which models from generation 3 on
 * tell parallel calls apart ("Function calling", ai.google.dev/gemini-api/docs/function-calling: "Include this exact id in your
 * functionResponse"); for earlier ones, which give none, results stand in the order of their calls. A call's signature comes back in its id
 * ({@link SignedCallId}), that of another part in a thought ({@link SignedParts}).
 */
final class GeminiMessageWriter {
    /** What the API takes in the place of a signature where the call has none of this model's ("Thought signatures"). */
    private static final String NOT_SIGNED = "skip_thought_signature_validator";

    private final JsonOut out;
    private final String signer;
    private final boolean signatures;
    private final Notes notes;
    /** Of functions, by the ids of calls. */
    private final Map<String, String> names = new HashMap<>();

    private final ResultsInOrder results = new ResultsInOrder();
    /** Whether the calls of the turn at hand need something in the place of a signature. */
    private boolean unsigned;

    /**
     * @param signer the model, whose own signatures go back to it
     * @param signatures whether the model insists on signatures of calls
     */
    GeminiMessageWriter(JsonOut out, String signer, boolean signatures, Notes notes) {
        this.out = out;
        this.signer = signer;
        this.signatures = signatures;
        this.notes = notes;
    }

    void write(List<Message> messages) {
        system(messages);
        out.name("contents").openList();
        List<Content> turn = new ArrayList<>();
        boolean model = false;
        for (Message message : messages) {
            if (message.name() != null) {
                notes.unsupported("messages.name");
            }
            if (instructs(message)) {
                continue;
            }
            if (model != (message.role() == Role.ASSISTANT)) {
                turn(model, turn);
                turn.clear();
                model = !model;
            }
            turn.addAll(message.content());
        }
        turn(model, turn);
        out.closeList();
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
                parts.addAll(message.content());
            }
        }
        if (!parts.isEmpty()) {
            out.name("systemInstruction").open().name("parts").openList();
            parts.forEach(part -> part(part, null));
            out.closeList().close();
        }
    }

    private void turn(boolean model, List<Content> content) {
        List<SignedParts.Part> kept =
                model ? SignedParts.of(content, signer, notes) : SignedParts.unsigned(results.of(content));
        if (!kept.isEmpty()) {
            unsigned = signatures && model && !signed(content);
            out.open().member("role", model ? "model" : "user");
            out.name("parts").openList();
            kept.forEach(part -> part(part.content(), part.signature()));
            out.closeList().close();
        }
    }

    private void part(Content content, @Nullable String signature) {
        switch (content) {
            case Content.Text(String text, var cache) -> {
                cached(cache);
                out.open()
                        .member("text", text)
                        .optional("thoughtSignature", signature)
                        .close();
            }
            case Content.Refusal(String text) -> out.open().member("text", text).close();
            case Content.Image image -> {
                cached(image.cache());
                if (image.detail() != null && !image.detail().equals("auto")) {
                    notes.hint("messages.content.image_url.detail");
                }
                bytes(image.source(), "an image");
            }
            case Content.File file -> {
                cached(file.cache());
                bytes(file.source(), "a document");
            }
            case Content.Audio(String data, String format) -> inline("audio/" + format, data);
            case Content.ToolCall call -> call(call);
            case Content.ToolResult result -> result(result);
            case Content.Thinking(String text, var _) -> {
                out.open().member("text", text).member("thought", true);
                out.optional("thoughtSignature", signature).close();
            }
            case Content.RedactedThinking _ -> {}
        }
    }

    private void cached(@Nullable String cache) {
        if (cache != null) {
            notes.hint("messages.content.cache_control");
        }
    }

    private void bytes(Source source, String what) {
        switch (source) {
            case Source.Bytes(String type, String base64) -> inline(type, base64);
            case Source.Url _ -> throw notes.impossible("messages.content.url", "send the bytes of " + what);
            case Source.Stored _ ->
                throw notes.impossible("messages.content.file_id", "a file lies with the provider that it was sent to");
        }
    }

    private void inline(String type, String base64) {
        out.open().name("inlineData").open().member("mimeType", type).member("data", base64);
        out.close().close();
    }

    /** Whether the first call of a turn, the one that must be, or there is none. */
    private boolean signed(List<Content> turn) {
        for (Content content : turn) {
            if (content instanceof Content.ToolCall call) {
                return SignedCallId.signature(call.id(), signer) != null;
            }
        }
        return true;
    }

    private void call(Content.ToolCall call) {
        JsonNode arguments = Json.parse(call.arguments().getBytes(StandardCharsets.UTF_8));
        if (!arguments.isObject()) {
            String field = "messages.tool_calls.function.arguments";
            throw Refusals.invalid("`" + field + "` must be a JSON object.", field);
        }
        cached(call.cache());
        String id = SignedCallId.plain(call.id());
        names.put(id, call.name());
        results.called(id);
        out.open().name("functionCall").open().member("id", id).member("name", call.name());
        out.member("args", new JsonText(arguments.toString())).close();
        String signature = SignedCallId.signature(call.id(), signer);
        out.optional("thoughtSignature", signature == null && unsigned ? NOT_SIGNED : signature)
                .close();
    }

    private void result(Content.ToolResult result) {
        String id = SignedCallId.plain(result.callId());
        String name = names.get(id);
        if (name == null) {
            throw Refusals.invalid("A tool's result is about a call that is not there.", "messages.tool_call_id");
        }
        cached(result.cache());
        StringBuilder text = new StringBuilder();
        for (Content content : result.content()) {
            if (!(content instanceof Content.Text(String piece, var _))) {
                throw notes.impossible("messages.content.content.type", "a tool's result is text there");
            }
            text.append(piece);
        }
        out.open()
                .name("functionResponse")
                .open()
                .member("id", id)
                .member("name", name)
                .name("response")
                .open();
        out.member(result.failed() ? "error" : "output", text.toString());
        out.close().close().close();
    }
}
