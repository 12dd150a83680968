package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.openai.OpenAiProbabilities;
import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Unreadable;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.Content;
import io.llmproxy.domain.chat.FinishReason;
import io.llmproxy.domain.chat.JsonText;
import io.llmproxy.domain.chat.TokenProbability;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.port.UpstreamException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Writes answers and their pieces. Durations are those seen from here: how the provider's time was spent it does not tell. */
final class OllamaAnswerWriter {
    private final OllamaForm form;
    private final String created;
    private final long began = System.nanoTime();
    private long firstNanos = -1;
    private List<TokenProbability> probabilities = List.of();

    /** @param created in seconds since 1970 */
    OllamaAnswerWriter(OllamaForm form, long created) {
        this.form = form;
        this.created = Instant.ofEpochSecond(created).toString();
    }

    /** Those of the piece that comes next. */
    void next(List<TokenProbability> tokens) {
        probabilities = tokens;
    }

    void write(JsonOut out, ChatAnswer answer) throws UpstreamException {
        next(answer.probabilities());
        StringBuilder text = new StringBuilder();
        StringBuilder thinking = new StringBuilder();
        List<Content.ToolCall> calls = new ArrayList<>();
        for (Content piece : answer.content()) {
            switch (piece) {
                case Content.Text(String some, var _) -> text.append(some);
                case Content.Refusal(String some) -> text.append(some);
                case Content.Thinking(String some, var _) -> thinking.append(some);
                case Content.ToolCall call -> calls.add(call);
                case Content.RedactedThinking _,
                        Content.Image _,
                        Content.File _,
                        Content.Audio _,
                        Content.ToolResult _ -> {}
            }
        }
        begin(out, answer.model());
        said(out, text.toString(), thinking.isEmpty() ? null : thinking.toString(), calls, answer.finish());
        end(out, answer.finish(), answer.usage());
    }

    /** A piece of a stream. */
    void piece(
            JsonOut out,
            String model,
            String text,
            @Nullable String thinking,
            List<Content.ToolCall> calls,
            FinishReason finish)
            throws UpstreamException {
        begin(out, model);
        said(out, text, thinking, calls, finish);
        out.member("done", false).close();
    }

    /** The last of a stream. */
    void last(JsonOut out, String model, FinishReason finish, TokenUsage usage) throws UpstreamException {
        begin(out, model);
        said(out, "", null, List.of(), finish);
        end(out, finish, usage);
    }

    /** The model is where it was wanted: ready, or away. */
    void ready(JsonOut out, String model, String reason) {
        begin(out, model);
        if (form == OllamaForm.GENERATE) {
            out.member("response", "");
        } else {
            out.name("message")
                    .open()
                    .member("role", "assistant")
                    .member("content", "")
                    .close();
        }
        out.member("done", true).member("done_reason", reason).close();
    }

    private void begin(JsonOut out, String model) {
        if (firstNanos < 0) {
            firstNanos = System.nanoTime();
        }
        out.open().member("model", model).member("created_at", created);
    }

    private void said(
            JsonOut out, String text, @Nullable String thinking, List<Content.ToolCall> calls, FinishReason finish)
            throws UpstreamException {
        if (form == OllamaForm.GENERATE) {
            out.member("response", text).optional("thinking", thinking);
        } else {
            out.name("message").open().member("role", "assistant").member("content", text);
            out.optional("thinking", thinking);
        }
        if (!calls.isEmpty()) {
            out.name("tool_calls").openList();
            int index = 0;
            for (Content.ToolCall call : calls) {
                out.open().member("id", call.id()).name("function").open();
                out.member("index", index++).member("name", call.name());
                out.member("arguments", arguments(call.arguments(), finish))
                        .close()
                        .close();
            }
            out.closeList();
        }
        if (form == OllamaForm.CHAT) {
            out.close();
        }
        if (!probabilities.isEmpty()) {
            OpenAiProbabilities.write(out.name("logprobs"), probabilities);
            probabilities = List.of();
        }
    }

    /** Arguments that were cut off by the bound of the answer are none: the reason says so. */
    private static JsonText arguments(String text, FinishReason finish) throws UpstreamException {
        JsonNode arguments = Json.parse(text.getBytes(StandardCharsets.UTF_8));
        if (arguments.isObject()) {
            return new JsonText(arguments.toString());
        }
        if (text.isBlank() || finish == FinishReason.LENGTH) {
            return JsonText.EMPTY_OBJECT;
        }
        throw Unreadable.because("the arguments of a tool call are no JSON object");
    }

    private void end(JsonOut out, FinishReason finish, TokenUsage usage) {
        long now = System.nanoTime();
        out.member("done", true).member("done_reason", finish == FinishReason.LENGTH ? "length" : "stop");
        out.member("total_duration", now - began).member("load_duration", 0);
        if (usage.source() != TokenUsage.Source.NONE) {
            out.member("prompt_eval_count", usage.input()).member("prompt_eval_duration", firstNanos - began);
            out.member("eval_count", usage.output()).member("eval_duration", now - firstNanos);
        }
        out.close();
    }
}
