package io.llmproxy.adapter.http;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/** Writes the gateway's own errors in the client's dialect, as answers and as events of a stream. */
final class ErrorRenderer {
    private final JsonMapper json = JsonMapper.builder().build();

    /** The body of an error answer. */
    byte[] body(Dialect dialect, ProxyError error, @Nullable String requestId) {
        return json.writeValueAsBytes(tree(dialect, error, requestId));
    }

    /** The fields of an error answer: those given, and what the error itself has to say in fields. */
    static HeaderFields fields(ProxyError error, HeaderFields given) {
        HeaderFields fields = new HeaderFields();
        given.forEach(fields::add);
        fields.set("Content-Type", "application/json");
        Long wait = retryAfterSeconds(error);
        if (wait != null && !fields.contains("Retry-After")) {
            fields.add("Retry-After", wait.toString());
        }
        if (error instanceof ProxyError.LimitExceeded && wait == null) {
            fields.set("x-should-retry", "false"); // what the OpenAI and Anthropic clients ask before they try again
        }
        if (error instanceof ProxyError.MethodNotAllowed refused) {
            fields.set("Allow", refused.allowed());
        }
        if (error instanceof ProxyError.Conflict) {
            // the clients of OpenAI and Anthropic send a 409 again by themselves, unless told not to
            fields.set("x-should-retry", "false");
        }
        return fields;
    }

    /** The last event of a stream that failed. */
    byte[] event(Dialect dialect, ProxyError error, @Nullable String requestId) {
        Map<String, @Nullable Object> tree = tree(dialect, error, requestId);
        if (dialect == Dialect.RESPONSES) {
            typed(tree, error);
        }
        String data = json.writeValueAsString(tree);
        if (dialect == Dialect.OLLAMA) {
            return (data + "\n").getBytes(StandardCharsets.UTF_8); // its streams are lines
        }
        boolean named = dialect == Dialect.ANTHROPIC || dialect == Dialect.RESPONSES;
        String event = (named ? "event: error\n" : "") + "data: " + data + "\n\n";
        return event.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * As the events of {@code /v1/responses} have it, beside {@code error}, by which OpenAI's clients know the failure of any stream. How
     * many events went before is not known here.
     */
    private static void typed(Map<String, @Nullable Object> root, ProxyError error) {
        root.put("type", "error");
        root.put("code", error.code());
        root.put("message", error.message());
        root.put("param", error.param());
        root.put("sequence_number", 0);
    }

    /** The seconds of a Retry-After field: rounded up, at least one; null where waiting does not help. */
    static @Nullable Long retryAfterSeconds(ProxyError error) {
        Duration wait = error.retryAfter();
        if (wait == null) {
            return null;
        }
        return Math.max(1, wait.plusNanos(999_999_999).toSeconds());
    }

    private static Map<String, @Nullable Object> tree(Dialect dialect, ProxyError error, @Nullable String requestId) {
        Map<String, @Nullable Object> root = switch (dialect) {
            case OPENAI, AZURE, RESPONSES -> openAi(error, requestId);
            case ANTHROPIC -> anthropic(error, requestId);
            case GEMINI -> gemini(error);
            case OLLAMA -> ollama(error);
        };
        if (error instanceof ProxyError.LimitExceeded && retryAfterSeconds(error) != null) {
            root.put("retryAfterSeconds", retryAfterSeconds(error));
        }
        return root;
    }

    private static Map<String, @Nullable Object> openAi(ProxyError error, @Nullable String requestId) {
        Map<String, @Nullable Object> inner = new LinkedHashMap<>();
        inner.put("message", error.message());
        inner.put("type", error.type());
        inner.put("param", error.param());
        inner.put("code", error.code());
        inner.put("request_id", requestId);
        return wrapped(withLimit(inner, error));
    }

    private static Map<String, @Nullable Object> anthropic(ProxyError error, @Nullable String requestId) {
        Map<String, @Nullable Object> inner = new LinkedHashMap<>();
        inner.put("type", anthropicType(error));
        inner.put("message", error.message());
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        root.put("type", "error");
        root.put("error", withLimit(inner, error));
        root.put("request_id", requestId);
        return root;
    }

    private static Map<String, @Nullable Object> gemini(ProxyError error) {
        Map<String, @Nullable Object> inner = new LinkedHashMap<>();
        inner.put("code", error.status());
        inner.put("message", error.message());
        inner.put("status", googleStatus(error));
        return wrapped(withLimit(inner, error));
    }

    /** Ollama's error is a plain text, so that a limit's details stand beside it. */
    private static Map<String, @Nullable Object> ollama(ProxyError error) {
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        root.put("error", error.message());
        return withLimit(root, error);
    }

    private static Map<String, @Nullable Object> wrapped(Map<String, @Nullable Object> inner) {
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        root.put("error", inner);
        return root;
    }

    private static Map<String, @Nullable Object> withLimit(Map<String, @Nullable Object> target, ProxyError error) {
        if (error instanceof ProxyError.LimitExceeded limit) {
            Map<String, @Nullable Object> fields = new LinkedHashMap<>();
            fields.put("id", limit.limitId());
            fields.put("scope", limit.scope());
            fields.put("metric", limit.metric());
            fields.put("amount", limit.money() ? limit.amountText() : limit.amount());
            fields.put("period", limit.period());
            fields.put("reset_seconds", limit.resetSeconds() == 0 ? null : limit.resetSeconds());
            target.put("limit", fields);
        }
        return target;
    }

    /** The types of Anthropic's error page; it has none for 405, 502 and the like, which are requests' or API's faults. */
    private static String anthropicType(ProxyError error) {
        return switch (error) {
            case ProxyError.InvalidRequest ignored -> "invalid_request_error";
            case ProxyError.UnreadableHead ignored -> "invalid_request_error";
            case ProxyError.Unsupported ignored -> "invalid_request_error";
            case ProxyError.Unauthenticated ignored -> "authentication_error";
            case ProxyError.Forbidden ignored -> "permission_error";
            case ProxyError.NotFound ignored -> "not_found_error";
            case ProxyError.MethodNotAllowed ignored -> "invalid_request_error";
            case ProxyError.TooSlow ignored -> "timeout_error";
            case ProxyError.Conflict ignored -> "invalid_request_error";
            case ProxyError.TooLarge ignored -> "request_too_large";
            case ProxyError.LimitExceeded limit -> limit.budget() ? "billing_error" : "rate_limit_error";
            case ProxyError.Upstream upstream -> upstream.status() == 502 ? "api_error" : upstream.type();
            case ProxyError.Internal ignored -> "api_error";
        };
    }

    /** The canonical code names of Google's APIs (google.rpc.Code). */
    private static String googleStatus(ProxyError error) {
        return switch (error) {
            case ProxyError.InvalidRequest ignored -> "INVALID_ARGUMENT";
            case ProxyError.UnreadableHead ignored -> "INVALID_ARGUMENT";
            case ProxyError.Unsupported ignored -> "INVALID_ARGUMENT";
            case ProxyError.Unauthenticated ignored -> "UNAUTHENTICATED";
            case ProxyError.Forbidden ignored -> "PERMISSION_DENIED";
            case ProxyError.NotFound ignored -> "NOT_FOUND";
            case ProxyError.MethodNotAllowed ignored -> "UNIMPLEMENTED";
            case ProxyError.TooSlow ignored -> "DEADLINE_EXCEEDED";
            case ProxyError.Conflict ignored -> "ABORTED";
            case ProxyError.TooLarge ignored -> "INVALID_ARGUMENT";
            case ProxyError.LimitExceeded ignored -> "RESOURCE_EXHAUSTED";
            case ProxyError.Upstream upstream -> upstream.status() == 504 ? "DEADLINE_EXCEEDED" : "UNAVAILABLE";
            case ProxyError.Internal ignored -> "INTERNAL";
        };
    }
}
