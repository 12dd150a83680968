package io.llmproxy.domain.usage;

import java.util.Locale;

/** What a request is for, in the words of OpenTelemetry's semantic conventions for generative AI. */
public final class Operation {
    private static final String EMBEDDINGS = "embeddings";
    private static final String OTHER = "other";

    private Operation() {}

    /** {@code gen_ai.operation.name} of an endpoint's template; {@code other} where the conventions have no word for it. */
    public static String of(String endpoint) {
        return switch (endpoint) {
            case "/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/api/chat", "/api/chat" -> "chat";
            case "/v1/completions", "/v1/fim/completions", "/v1/api/generate", "/api/generate" -> "text_completion";
            case "/v1/embeddings", "/v1/api/embed", "/v1/api/embeddings", "/api/embed", "/api/embeddings" -> EMBEDDINGS;
            default -> ofGoogle(endpoint);
        };
    }

    private static String ofGoogle(String endpoint) {
        if (!endpoint.startsWith("/v1beta/models/")) {
            return OTHER;
        }
        if (endpoint.endsWith("enerateContent")) {
            return "generate_content";
        }
        return endpoint.toLowerCase(Locale.ROOT).endsWith("embedcontent") || endpoint.endsWith("batchEmbedContents")
                ? EMBEDDINGS
                : OTHER;
    }
}
