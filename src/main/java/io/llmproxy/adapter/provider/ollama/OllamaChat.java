package io.llmproxy.adapter.provider.ollama;

import io.llmproxy.adapter.provider.openai.OpenAiEmbeddings;
import io.llmproxy.adapter.provider.support.Paths;
import io.llmproxy.adapter.provider.support.chat.Embedder;
import io.llmproxy.adapter.provider.support.chat.JsonLines;
import io.llmproxy.adapter.provider.support.chat.Notes;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.StreamFormat;
import io.llmproxy.adapter.provider.support.chat.StreamReader;
import io.llmproxy.domain.chat.ChatAnswer;
import io.llmproxy.domain.chat.ChatRequest;
import io.llmproxy.domain.chat.ProviderFailure;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.UpstreamException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What Ollama speaks. OpenAI's clients go to its {@code /v1} and Ollama's to its {@code /api} as they are; all others are translated
 * to {@code /api/chat}, which has whatever {@code /v1} has and {@code top_k} and thoughts besides.
 */
public final class OllamaChat implements ProviderDialect {
    private static final String NATIVE = "/api/";
    private static final StreamFormat LINES = new JsonLines();
    private static final Embedder EMBEDDER = new OpenAiEmbeddings();

    /** Its own paths as they are, all others below {@code /v1}. */
    public static Paths paths(@Nullable String version) {
        Paths own = Paths.below("", version);
        Paths openAi = Paths.below("/v1", version);
        return request -> request.path().startsWith(NATIVE) ? own.target(request) : openAi.target(request);
    }

    @Override
    public boolean speaks(String path) {
        return path.equals("/chat/completions") || path.startsWith(NATIVE);
    }

    @Override
    public boolean takes(String path) {
        return true;
    }

    @Override
    public boolean takesUrls() {
        return false;
    }

    @Override
    public Place place(ChatRequest request) {
        return new Place("/api/chat", null);
    }

    @Override
    public byte[] writeRequest(ChatRequest request, ProviderAccount to, Notes notes) {
        return new OllamaRequestWriter(request, notes).write();
    }

    @Override
    public ChatAnswer readAnswer(JsonNode body) throws UpstreamException {
        return OllamaAnswers.read(body);
    }

    @Override
    public StreamFormat streamFormat() {
        return LINES;
    }

    @Override
    public StreamReader streamReader() {
        return new OllamaStreamReader();
    }

    /** As OpenAI's clients ask for them. */
    @Override
    public Embedder embedder() {
        return EMBEDDER;
    }

    @Override
    public ProviderFailure readFailure(int status, JsonNode body) {
        return OllamaAnswers.readFailure(status, body);
    }
}
