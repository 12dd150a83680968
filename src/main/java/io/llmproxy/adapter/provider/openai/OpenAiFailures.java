package io.llmproxy.adapter.provider.openai;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.ProviderFailure;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Errors as OpenAI tells them ("Error codes" of its guides). */
final class OpenAiFailures {
    private static final int OVERLOADED_ELSEWHERE = 529;
    private static final int UNAVAILABLE = 503;

    private OpenAiFailures() {}

    static ProviderFailure read(int status, JsonNode body) {
        JsonNode error = body.path("error");
        // some servers have a text there, or the message at the top, or a list of what is wrong with the fields
        String plain = error.isString() ? error.stringValue() : Json.text(body, "message");
        String detail = plain == null ? detail(body) : plain;
        String message = Json.text(error, "message", detail);
        JsonNode code = error.path("code");
        return new ProviderFailure(
                status,
                Json.text(error, "type"),
                message,
                code.isString() ? code.stringValue() : null,
                Json.text(error, "param"));
    }

    private static String detail(JsonNode body) {
        JsonNode detail = body.path("message").path("detail");
        detail = detail.isMissingNode() ? body.path("detail") : detail;
        JsonNode first = detail.path(0);
        String message = Json.text(first, "msg", detail.stringValue("The provider gave no reason."));
        JsonNode place = first.path("loc");
        return place.size() < 2
                ? message
                : message + ": " + place.path(place.size() - 1).asString("");
    }

    static int status(ProviderFailure failure) {
        return failure.status() == OVERLOADED_ELSEWHERE ? UNAVAILABLE : failure.status();
    }

    static byte[] write(ProviderFailure failure) {
        JsonOut out = new JsonOut();
        out.open().name("error").open().member("message", failure.message());
        out.member("type", type(failure));
        nullable(out, "param", failure.param());
        nullable(out, "code", failure.code());
        return out.close().close().take();
    }

    private static void nullable(JsonOut out, String name, @Nullable String value) {
        if (value == null) {
            out.name(name).nothing();
        } else {
            out.member(name, value);
        }
    }

    private static String type(ProviderFailure failure) {
        return switch (failure.status()) {
            case 402 -> "insufficient_quota";
            case 429 -> "rate_limit_error";
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            default -> failure.status() >= 500 ? "server_error" : "invalid_request_error";
        };
    }
}
