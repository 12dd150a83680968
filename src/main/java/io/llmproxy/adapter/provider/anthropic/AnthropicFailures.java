package io.llmproxy.adapter.provider.anthropic;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.ProviderFailure;
import tools.jackson.databind.JsonNode;

/** Errors as Anthropic tells them ("Errors" of its API reference). */
final class AnthropicFailures {
    private AnthropicFailures() {}

    static ProviderFailure read(int status, JsonNode body) {
        JsonNode error = body.path("error");
        return new ProviderFailure(
                status,
                Json.text(error, "type"),
                Json.text(error, "message", "The provider gave no reason."),
                null,
                null);
    }

    static byte[] write(ProviderFailure failure) {
        JsonOut out = new JsonOut();
        out.open().member("type", "error").name("error").open();
        out.member("type", type(failure.status())).member("message", failure.message());
        return out.close().close().take();
    }

    private static String type(int status) {
        return switch (status) {
            case 401 -> "authentication_error";
            case 402 -> "billing_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503, 529 -> "overloaded_error";
            case 408, 504 -> "timeout_error";
            default -> status >= 500 ? "api_error" : "invalid_request_error";
        };
    }
}
