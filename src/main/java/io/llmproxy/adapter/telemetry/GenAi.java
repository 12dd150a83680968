package io.llmproxy.adapter.telemetry;

import io.llmproxy.domain.model.ProviderKind;
import org.jspecify.annotations.Nullable;

/**
 * The words of OpenTelemetry's semantic conventions for generative AI: what is done, and who does it. What the conventions have no word
 * for keeps ours.
 */
final class GenAi {
    private GenAi() {}

    /** {@code gen_ai.operation.name} of an endpoint's template. */
    static String operation(String endpoint) {
        return switch (endpoint) {
            case "/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/api/chat", "/api/chat" -> "chat";
            case "/v1/completions", "/v1/fim/completions", "/v1/api/generate", "/api/generate" -> "text_completion";
            case "/v1/embeddings", "/v1/api/embed", "/v1/api/embeddings", "/api/embed", "/api/embeddings" ->
                "embeddings";
            default -> ofGoogle(endpoint);
        };
    }

    private static String ofGoogle(String endpoint) {
        if (!endpoint.startsWith("/v1beta/models/")) {
            return "other";
        }
        return endpoint.endsWith("enerateContent")
                ? "generate_content"
                : endpoint.toLowerCase(java.util.Locale.ROOT).endsWith("embedcontent")
                                || endpoint.endsWith("batchEmbedContents")
                        ? "embeddings"
                        : "other";
    }

    /** {@code gen_ai.provider.name} of a provider's type; null: no provider was chosen. */
    static String provider(@Nullable ProviderKind kind) {
        return switch (kind) {
            case null -> "";
            case AZURE -> "azure.ai.openai";
            case BEDROCK -> "aws.bedrock";
            case GEMINI -> "gcp.gemini";
            case MISTRAL -> "mistral_ai";
            case XAI -> "x_ai";
            default -> kind.word();
        };
    }
}
