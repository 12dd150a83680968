package io.llmproxy.adapter.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.wire.admin.ProblemJson;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A refusal of the HTTP layer, and the one place where refusals of all layers get their answer (RFC 9457). */
class Problem extends RuntimeException {
    private final int status;
    private final String code;

    Problem(int status, String code, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.code = code;
    }

    static Problem invalid(String detail) {
        return new Problem(400, "invalid", detail);
    }

    Answer answer() {
        return answer(status, code, String.valueOf(getMessage()));
    }

    static Answer answer(int status, String code, String detail) {
        return new Answer(status, Answer.PROBLEM, Json.bytes(json(status, code, detail)));
    }

    static ProblemJson json(int status, String code, String detail) {
        return new ProblemJson("about:blank", title(status), status, detail, code);
    }

    /** Null where it is none of ours: a fault of the server. */
    static @Nullable Answer of(RuntimeException e) {
        return switch (e) {
            case Problem p -> p.answer();
            case AdminException a ->
                answer(a.reason().status(), a.reason().name().toLowerCase(Locale.ROOT), String.valueOf(a.getMessage()));
            case InvalidValueException i -> answer(400, "invalid", String.valueOf(i.getMessage()));
            default -> null;
        };
    }

    static String title(int status) {
        return switch (status) {
            case 400 -> "Bad Request";
            case 401 -> "Unauthorized";
            case 403 -> "Forbidden";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 409 -> "Conflict";
            case 413 -> "Content Too Large";
            case 500 -> "Internal Server Error";
            case 503 -> "Service Unavailable";
            default -> "Error";
        };
    }
}
