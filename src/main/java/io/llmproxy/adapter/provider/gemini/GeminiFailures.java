package io.llmproxy.adapter.provider.gemini;

import io.llmproxy.adapter.provider.support.chat.Json;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.domain.chat.ProviderFailure;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Errors as Google's APIs tell them ({@code google.rpc.Status}). */
final class GeminiFailures {
    private static final int OVERLOADED_ELSEWHERE = 529;
    private static final int UNAVAILABLE = 503;

    private static final Pattern DELAY = Pattern.compile("([0-9]{1,9})(\\.0*[1-9][0-9]*)?(?:\\.0+)?s");

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

    /** The delay of {@code google.rpc.RetryInfo}, such as {@code 12.5s}, rounded up; null where there is none. */
    static @Nullable Long retryAfterSeconds(JsonNode body) {
        JsonNode error = (body.isArray() ? body.path(0) : body).path("error");
        for (JsonNode detail : error.path("details")) {
            Matcher delay = DELAY.matcher(Json.text(detail, "retryDelay", ""));
            if (delay.matches()) {
                long whole = Long.parseLong(delay.group(1));
                return delay.group(2) == null ? whole : whole + 1;
            }
        }
        return null;
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
