package io.llmproxy.adapter.provider.translation;

import io.llmproxy.adapter.provider.anthropic.AnthropicChat;
import io.llmproxy.adapter.provider.bedrock.BedrockChat;
import io.llmproxy.adapter.provider.cohere.CohereChat;
import io.llmproxy.adapter.provider.gemini.GeminiChat;
import io.llmproxy.adapter.provider.gemini.GeminiEmbeddings;
import io.llmproxy.adapter.provider.ollama.OllamaChat;
import io.llmproxy.adapter.provider.ollama.OllamaClient;
import io.llmproxy.adapter.provider.ollama.OllamaEmbeddings;
import io.llmproxy.adapter.provider.openai.OpenAiChat;
import io.llmproxy.adapter.provider.openai.OpenAiEmbeddings;
import io.llmproxy.adapter.provider.openai.OpenAiResponses;
import io.llmproxy.adapter.provider.support.chat.ChatDialect;
import io.llmproxy.adapter.provider.support.chat.ClientDialect;
import io.llmproxy.adapter.provider.support.chat.EmbeddingClient;
import io.llmproxy.adapter.provider.support.chat.ProviderDialect;
import io.llmproxy.adapter.provider.support.chat.TranslatingProvider;
import io.llmproxy.adapter.provider.support.chat.Translations;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.gateway.estimate.UsageEstimator;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/** The dialects by their names in tests, and what is made of them. */
public final class Dialects {
    static final Map<String, ChatDialect> ALL = Map.of("openai", new OpenAiChat(), "anthropic", new AnthropicChat());

    private static final GeminiChat GEMINI = new GeminiChat();
    private static final ClientDialect RESPONSES = new OpenAiResponses();

    /** What clients may speak. */
    private static final List<ClientDialect> CLIENTS =
            List.of(of("openai"), of("anthropic"), GEMINI, RESPONSES, OllamaClient.chat(), OllamaClient.generate());

    private static final ProviderDialect OLLAMA = new OllamaChat();

    private static final ProviderDialect COHERE = new CohereChat();

    private static final ProviderDialect BEDROCK = new BedrockChat();

    private Dialects() {}

    static ProviderDialect provider(String name) {
        return switch (kind(name).api()) {
            case OPENAI, AZURE, SIMULATED -> of("openai");
            case ANTHROPIC -> of("anthropic");
            case GEMINI -> GEMINI;
            case OLLAMA -> OLLAMA;
            case COHERE -> COHERE;
            case BEDROCK -> BEDROCK;
        };
    }

    static ChatDialect of(String name) {
        ChatDialect dialect = ALL.get(name);
        if (dialect == null) {
            throw new AssertionError("there is no dialect " + name);
        }
        return dialect;
    }

    static ProviderKind kind(String name) {
        return ProviderKind.parse(name);
    }

    public static TranslatingProvider translating(Provider provider, String dialect, boolean drop) {
        UsageEstimator estimator = new UsageEstimator((encoding, text) -> text.length() / 4);
        Translations translations =
                new Translations(drop, estimator, InstantSource.fixed(Instant.ofEpochSecond(1_750_000_000)));
        return new TranslatingProvider(provider, provider(dialect), CLIENTS, embeddings(dialect), translations, null);
    }

    private static List<EmbeddingClient> embeddings(String provider) {
        return switch (provider) {
            case "gemini" -> List.of(new OpenAiEmbeddings(), new OllamaEmbeddings());
            case "cohere", "bedrock" -> List.of(new OpenAiEmbeddings(), new GeminiEmbeddings(), new OllamaEmbeddings());
            default -> List.of(new GeminiEmbeddings(), new OllamaEmbeddings());
        };
    }

    static ClientDialect client(String name) {
        return switch (name) {
            case "gemini" -> GEMINI;
            case "responses" -> RESPONSES;
            case "ollama" -> OllamaClient.chat();
            default -> of(name);
        };
    }

    /** Where a client's conversation goes to, the query behind a question mark. */
    static String path(String client, boolean stream) {
        return switch (client) {
            case "responses" -> "/responses";
            case "ollama" -> "/api/chat";
            case "gemini" -> "/models/m:" + (stream ? "streamGenerateContent?alt=sse" : "generateContent");
            default -> of(client).chatPath();
        };
    }

    /** A client's call in its own dialect. */
    static ProviderCall call(Provider provider, String client, String json) {
        return call(
                provider, path(client, json.contains("\"stream\":true")), HeaderFields.of("User-Agent", "test"), json);
    }

    static ProviderCall call(Provider provider, String path, HeaderFields headers, String json) {
        RequestBody body = RequestBody.of(json.getBytes(StandardCharsets.UTF_8));
        int question = path.indexOf('?');
        String query = question < 0 ? null : path.substring(question + 1);
        String plain = question < 0 ? path : path.substring(0, question);
        return provider.call(new Provider.UpstreamRequest("POST", plain, false, query, headers, body));
    }
}
