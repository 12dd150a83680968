package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.RequestNode;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.Message;
import io.llmproxy.domain.chat.Reasoning;
import io.llmproxy.domain.chat.ResponseFormat;
import io.llmproxy.domain.chat.Role;
import io.llmproxy.domain.chat.Sampling;
import io.llmproxy.domain.chat.Tool;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads a request as Ollama's API documentation has it ("Generate a chat completion", "Generate a completion"). */
final class OllamaRequestReader {
    private static final Set<String> KNOWN = Set.of(
            "model",
            "messages",
            "prompt",
            "system",
            "images",
            "stream",
            "format",
            "keep_alive",
            "tools",
            "options",
            "think",
            "truncate",
            "shift",
            "logprobs",
            "top_logprobs",
            "raw",
            "suffix",
            "template");

    private static final Set<String> KNOWN_OF_OPTIONS = Set.of(
            "num_predict", "temperature", "top_p", "top_k", "seed", "stop", "presence_penalty", "frequency_penalty");

    /** How the model is run, and not what it answers. */
    private static final Set<String> OF_THE_RUNNER = Set.of(
            "num_ctx",
            "num_batch",
            "num_gpu",
            "main_gpu",
            "use_mmap",
            "use_mlock",
            "num_thread",
            "num_keep",
            "low_vram",
            "numa",
            "draft_num_predict");

    private static final int MOST_PROBABILITIES = 20;

    private final RequestNode request;
    private final RequestNode options;
    private final OllamaForm form;
    private final Notes notes;

    OllamaRequestReader(JsonNode body, OllamaForm form, Notes notes) {
        this.request = new RequestNode(body);
        RequestNode given = request.object("options");
        this.options = given == null ? new RequestNode(body.path("options")) : given;
        this.form = form;
        this.notes = notes;
    }

    ChatRequest read() {
        refuse();
        Long most = options.whole("num_predict");
        return new ChatRequest(
                request.requiredText("model"),
                form == OllamaForm.CHAT ? messages() : prompt(),
                most == null || most <= 0 ? null : options.count("num_predict", 1),
                sampling(),
                1,
                probabilities(),
                request.objects("tools").stream().map(this::tool).toList(),
                null,
                null,
                format(),
                reasoning(),
                null,
                null,
                !Boolean.FALSE.equals(request.flag("stream")),
                true,
                true,
                ChatRequest.Echo.NONE);
    }

    private void refuse() {
        request.others(KNOWN).forEach(notes::unsupported);
        for (String text : List.of("suffix", "template")) {
            String said = request.text(text);
            if (said != null && !said.isEmpty()) {
                notes.unsupported(text);
            }
        }
        if (request.isTrue("raw")) {
            notes.unsupported("raw");
        }
        for (String hint : List.of("keep_alive", "truncate", "shift")) {
            if (request.has(hint)) {
                notes.hint(hint);
            }
        }
        for (String option : options.others(KNOWN_OF_OPTIONS)) {
            if (OF_THE_RUNNER.contains(option)) {
                notes.hint(options.at(option));
            } else {
                notes.unsupported(options.at(option));
            }
        }
    }

    private @Nullable Integer probabilities() {
        Integer top = request.count("top_logprobs", 0);
        if (top != null && top > MOST_PROBABILITIES) {
            throw request.wrong("top_logprobs", "from 0 to " + MOST_PROBABILITIES);
        }
        return request.isTrue("logprobs") ? Objects.requireNonNullElse(top, 0) : null;
    }

    private List<Message> messages() {
        OllamaMessageReader reader = new OllamaMessageReader(notes);
        List<Message> out = new ArrayList<>();
        request.objects("messages").forEach(m -> out.add(reader.message(m)));
        if (out.isEmpty()) {
            throw request.wrong("messages", "a list of at least one message");
        }
        return out;
    }

    private List<Message> prompt() {
        String prompt = request.requiredText("prompt");
        List<Message> out = new ArrayList<>();
        String system = request.text("system");
        if (system != null && !system.isEmpty()) {
            out.add(Message.of(Role.SYSTEM, new Content.Text(system)));
        }
        List<Content> said = new ArrayList<>(List.of(new Content.Text(prompt)));
        said.addAll(OllamaMessageReader.images(request));
        out.add(new Message(Role.USER, said, null));
        return out;
    }

    private Sampling sampling() {
        return new Sampling(
                options.number("temperature"),
                options.number("top_p"),
                options.count("top_k", 0),
                options.whole("seed"),
                unlessZero(options.number("presence_penalty")),
                unlessZero(options.number("frequency_penalty")),
                options.texts("stop"));
    }

    private static @Nullable Double unlessZero(@Nullable Double penalty) {
        return penalty == null || penalty == 0 ? null : penalty;
    }

    private Tool tool(RequestNode tool) {
        String type = tool.text("type");
        if (type != null && !type.equals("function")) {
            throw notes.impossible(tool.at("type"), "only functions can be translated");
        }
        RequestNode function = tool.requiredObject("function");
        JsonText schema = function.json("parameters");
        return new Tool(
                function.requiredText("name"),
                function.text("description"),
                schema == null ? new JsonText("{\"type\":\"object\",\"properties\":{}}") : schema,
                null,
                null);
    }

    private @Nullable ResponseFormat format() {
        if (!request.isText("format")) {
            JsonText schema = request.json("format");
            return schema == null ? null : new ResponseFormat.JsonSchema("output", null, schema, null);
        }
        return switch (request.requiredText("format")) {
            case "" -> null;
            case "json" -> new ResponseFormat.JsonObject();
            default -> throw request.wrong("format", "json or a schema");
        };
    }

    private @Nullable Reasoning reasoning() {
        if (!request.isText("think")) {
            Boolean think = request.flag("think");
            return think == null ? null : think ? new Reasoning.Adaptive(null) : new Reasoning.Off();
        }
        return switch (request.requiredText("think")) {
            case "low" -> new Reasoning.Level(Reasoning.Effort.LOW);
            case "medium" -> new Reasoning.Level(Reasoning.Effort.MEDIUM);
            case "high" -> new Reasoning.Level(Reasoning.Effort.HIGH);
            case "max" -> new Reasoning.Level(Reasoning.Effort.XHIGH);
            default -> throw request.wrong("think", "true, false, low, medium, high or max");
        };
    }
}
