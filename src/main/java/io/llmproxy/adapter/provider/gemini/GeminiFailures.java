package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.domain.chat.ProviderFailure;
import tools.jackson.databind.JsonNode;

/** Errors as Google's APIs tell them ({@code google.rpc.Status}). */
final class GeminiFailures {
    private GeminiFailures() {}

    static ProviderFailure read(int status, JsonNode body) {
        JsonNode error = body.path("error");
        return new ProviderFailure(
                status,
                Json.text(error, "status"),
                Json.text(error, "message", "The provider gave no reason."),
                null,
                null);
    }
}
