package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.ProviderFailure;
import tools.jackson.databind.JsonNode;

/** Errors as Google's APIs tell them ({@code google.rpc.Status}). */
final class GeminiFailures {
    private static final int OVERLOADED_ELSEWHERE = 529;
    private static final int UNAVAILABLE = 503;

    private GeminiFailures() {}

    static ProviderFailure read(int status, JsonNode body) {
        // a stream's error may be the only element of its list
        JsonNode error = (body.isArray() ? body.path(0) : body).path("error");
        return new ProviderFailure(
                status,
                Json.text(error, "status"),
                Json.text(error, "message", "The provider gave no reason."),
                null,
                null);
    }

    static int status(ProviderFailure failure) {
        return failure.status() == OVERLOADED_ELSEWHERE ? UNAVAILABLE : failure.status();
    }

    static byte[] write(ProviderFailure failure) {
        int status = status(failure);
        JsonOut out = new JsonOut();
        out.open().name("error").open().member("code", status);
        out.member("message", failure.message()).member("status", word(status));
        return out.close().close().take();
    }

    /** By {@code google/rpc/code.proto}, which names the HTTP status of each. */
    private static String word(int status) {
        return switch (status) {
            case 401 -> "UNAUTHENTICATED";
            case 403 -> "PERMISSION_DENIED";
            case 404 -> "NOT_FOUND";
            case 408, 504 -> "DEADLINE_EXCEEDED";
            case 409 -> "ABORTED";
            case 402, 429 -> "RESOURCE_EXHAUSTED";
            case 501 -> "UNIMPLEMENTED";
            case 502, 503 -> "UNAVAILABLE";
            default -> status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT";
        };
    }
}
