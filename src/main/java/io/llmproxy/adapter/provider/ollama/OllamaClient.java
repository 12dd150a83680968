package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.port.UpstreamException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What Ollama's clients speak: {@code /api/chat}, and {@code /api/generate} for a conversation of one message. */
public final class OllamaClient implements ClientDialect {
    /** Of a duration. */
    private static final Pattern ZERO = Pattern.compile("0+(ns|us|ms|s|m|h)?");

    private final OllamaForm form;

    private OllamaClient(OllamaForm form) {
        this.form = form;
    }

    public static ClientDialect chat() {
        return new OllamaClient(OllamaForm.CHAT);
    }

    public static ClientDialect generate() {
        return new OllamaClient(OllamaForm.GENERATE);
    }

    @Override
    public @Nullable Operation operation(String path) {
        return path.equals(form.path()) ? Operation.CHAT : null;
    }

    @Override
    public PromptShape shape() {
        return PromptShape.OLLAMA;
    }

    @Override
    public ChatRequest readRequest(JsonNode body, Operation operation, Notes notes) {
        return new OllamaRequestReader(body, form, notes).read();
    }

    /** A model is made ready, or put away, by a request without a message or a prompt ("Load a model"). */
    @Override
    public byte @Nullable [] answerWithoutModel(JsonNode body, long now) {
        JsonNode said = body.path(form == OllamaForm.CHAT ? "messages" : "prompt");
        boolean nothing = said.isMissingNode() || said.isNull() || (said.isArray() && said.isEmpty());
        boolean blank = said.isString()
                && said.stringValue().isEmpty()
                && body.path("images").isEmpty();
        JsonNode model = body.path("model");
        if (!(nothing || blank) || !model.isString()) {
            return null;
        }
        JsonNode kept = body.path("keep_alive");
        boolean away = kept.isNumber()
                ? kept.asDouble() == 0
                : ZERO.matcher(kept.stringValue("")).matches();
        JsonOut out = new JsonOut();
        new OllamaAnswerWriter(form, now).ready(out, model.stringValue(), away ? "unload" : "load");
        return out.take();
    }

    @Override
    public byte[] writeAnswer(ChatAnswer answer, long created) throws UpstreamException {
        JsonOut out = new JsonOut();
        new OllamaAnswerWriter(form, created).write(out, answer);
        return out.take();
    }

    @Override
    public StreamWriter streamWriter(ChatRequest request, long created) {
        return new OllamaStreamWriter(new OllamaAnswerWriter(form, created));
    }

    @Override
    public byte[] writeFailure(ProviderFailure failure) {
        return OllamaFailures.write(failure);
    }

    @Override
    public int status(ProviderFailure failure) {
        return OllamaFailures.status(failure);
    }

    @Override
    public byte[] writeCount(long tokens) {
        throw new UnsupportedOperationException("its clients cannot ask for that");
    }
}
