package io.llmproxy.domain.error;

import java.math.BigDecimal;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the gateway itself answers instead of a provider; statuses, types and codes are the contract's, section 3.
 * Messages are for the client: they never hold a key, a prompt or an upstream's body.
 */
public sealed interface ProxyError {
    int status();

    /** OpenAI's {@code type}; other dialects translate it. */
    String type();

    String code();

    String message();

    /** The request's field at fault; null where there is none. */
    default @Nullable String param() {
        return null;
    }

    /** How long to wait before the next try; null where waiting does not help. */
    default @Nullable Duration retryAfter() {
        return null;
    }

    /** 400. */
    record InvalidRequest(String message, @Nullable String param) implements ProxyError {
        @Override
        public int status() {
            return 400;
        }

        @Override
        public String type() {
            return "invalid_request_error";
        }

        @Override
        public String code() {
            return "invalid_request";
        }
    }

    /**
     * A request's head that is no HTTP/1.1 within bounds.
     *
     * @param status 414, 431 or 501 (RFC 9110, section 15; RFC 6585, section 5)
     */
    record UnreadableHead(int status, String message) implements ProxyError {
        @Override
        public String type() {
            return "invalid_request_error";
        }

        @Override
        public String code() {
            return "invalid_request";
        }
    }

    /** 400: a parameter that the target of the request does not have. */
    record Unsupported(String message, String param) implements ProxyError {
        @Override
        public int status() {
            return 400;
        }

        @Override
        public String type() {
            return "invalid_request_error";
        }

        @Override
        public String code() {
            return "unsupported_parameter";
        }
    }

    /** 401; the same text whichever part of the key is wrong, unless the key is known. */
    record Unauthenticated(Kind kind) implements ProxyError {
        /** What is told about a key. A key that is known but of another tenant's process is INVALID. */
        public enum Kind {
            MISSING("invalid_api_key", "No API key was sent. Send it as `Authorization: Bearer llmp_...`."),
            INVALID("invalid_api_key", "The API key is not valid."),
            EXPIRED("expired_api_key", "The API key has expired."),
            REVOKED("revoked_api_key", "The API key was revoked."),
            CERTIFICATE_UNKNOWN(
                    "invalid_api_key", "No API key was sent, and the client certificate does not stand for one."),
            CERTIFICATE_NEEDED("invalid_api_key", "The API key is not valid without its client certificate."),
            CERTIFICATE_EXPIRED("invalid_api_key", "The client certificate has expired; connect again with a new one.");

            private final String code;
            private final String text;

            Kind(String code, String text) {
                this.code = code;
                this.text = text;
            }
        }

        @Override
        public int status() {
            return 401;
        }

        @Override
        public String type() {
            return "authentication_error";
        }

        @Override
        public String code() {
            return kind.code;
        }

        @Override
        public String message() {
            return kind.text;
        }
    }

    /** 403. */
    record Forbidden(String code, String message) implements ProxyError {
        @Override
        public int status() {
            return 403;
        }

        @Override
        public String type() {
            return "permission_error";
        }
    }

    /** 404; {@code code} is {@code model_not_found} or {@code not_found}. */
    record NotFound(String code, String message, @Nullable String param) implements ProxyError {
        @Override
        public int status() {
            return 404;
        }

        @Override
        public String type() {
            return "not_found_error";
        }
    }

    /**
     * 405.
     *
     * @param allowed the methods that would do, separated by commas: the value of the Allow field
     */
    record MethodNotAllowed(String allowed) implements ProxyError {
        @Override
        public String message() {
            return "The method is not allowed here; allowed are " + allowed + ".";
        }

        @Override
        public int status() {
            return 405;
        }

        @Override
        public String type() {
            return "invalid_request_error";
        }

        @Override
        public String code() {
            return "method_not_allowed";
        }
    }

    /** 408: the client takes too long to send its request. */
    record TooSlow(String message) implements ProxyError {
        @Override
        public int status() {
            return 408;
        }

        @Override
        public String type() {
            return "timeout_error";
        }

        @Override
        public String code() {
            return "request_timeout";
        }
    }

    /** 409: about an Idempotency-Key; to send the same request again at once does not help. */
    record Conflict(String code, String message) implements ProxyError {
        /** The key was used with another body. */
        public static Conflict otherBody() {
            return new Conflict(
                    "idempotency_conflict",
                    "The Idempotency-Key was used before with another body; take a new key for a new request.");
        }

        /** The request with this key takes longer than one may wait for it. */
        public static Conflict inProgress() {
            return new Conflict(
                    "idempotency_in_progress",
                    "The request with this Idempotency-Key is still running; send it again later to get its answer.");
        }

        /** The answer to the request with this key is larger than what is kept. */
        public static Conflict unrecorded() {
            return new Conflict(
                    "idempotency_unrecorded",
                    "The request with this Idempotency-Key is running and its answer is too large to be given twice.");
        }

        @Override
        public int status() {
            return 409;
        }

        @Override
        public String type() {
            return "idempotency_conflict";
        }
    }

    /** 413. */
    record TooLarge(long limitBytes) implements ProxyError {
        @Override
        public int status() {
            return 413;
        }

        @Override
        public String type() {
            return "request_too_large";
        }

        @Override
        public String code() {
            return "request_too_large";
        }

        @Override
        public String message() {
            return "The request body is larger than the " + limitBytes + " bytes that this gateway takes.";
        }
    }

    /**
     * 429, or 402 where a budget is used up, with the limit that was met.
     *
     * @param limitId the limit's id, as {@code config:concurrency}
     * @param amount in the metric; millionths of a US dollar for {@code cost}
     * @param resetSeconds until it is worth another try; 0: time alone does not help
     * @param asked how much of the metric the request may take
     * @param budget whether it is a matter of payment, so that clients should not just try again
     */
    record LimitExceeded(
            String limitId,
            String scope,
            String metric,
            long amount,
            String period,
            long resetSeconds,
            long asked,
            boolean budget)
            implements ProxyError {
        /** A limit of requests. */
        public LimitExceeded(
                String limitId, String scope, String metric, long amount, String period, long resetSeconds) {
            this(limitId, scope, metric, amount, period, resetSeconds, 1, false);
        }

        @Override
        public int status() {
            return budget ? 402 : 429;
        }

        @Override
        public String type() {
            return budget ? "insufficient_quota" : "rate_limit_error";
        }

        @Override
        public String code() {
            return budget ? "budget_exceeded" : "rate_limit_exceeded";
        }

        @Override
        public String message() {
            String per = period.equals("-") ? "" : period.equals("total") ? " in all" : " per " + period;
            String wanted =
                    asked > 1 ? ", of which this request may take " + text(asked) + (money() ? " USD" : "") + "," : "";
            return "The " + scope + " limit of " + withUnit() + per + wanted + " is reached; " + then();
        }

        private String then() {
            if (asked > amount && (money() || metric.endsWith("tokens"))) {
                // no waiting helps
                return "set a smaller max_tokens, or ask your operator to raise it.";
            }
            return resetSeconds == 0
                    ? "ask your operator to raise it."
                    : (budget ? "it begins anew in " : "retry in ") + resetSeconds + " s.";
        }

        /** The amount as users write it: US dollars for {@code cost}. */
        public String amountText() {
            return text(amount);
        }

        /** Whether its amounts are millionths of a US dollar. */
        public boolean money() {
            return metric.equals("cost");
        }

        private String text(long some) {
            return money() ? BigDecimal.valueOf(some, 6).stripTrailingZeros().toPlainString() : Long.toString(some);
        }

        private String withUnit() {
            return amountText() + " " + (money() ? "USD" : metric.replace('-', ' '));
        }

        @Override
        public @Nullable Duration retryAfter() {
            return budget || resetSeconds == 0 ? null : Duration.ofSeconds(resetSeconds);
        }
    }

    /** 502, 503 or 504: what happened on the way to a provider. */
    record Upstream(
            int status,
            String code,
            String message,
            @Nullable Duration retryAfter) implements ProxyError {
        @Override
        public String type() {
            return switch (status) {
                case 503 -> "overloaded_error";
                case 504 -> "timeout_error";
                default -> "upstream_error";
            };
        }

        public static Upstream unreachable(String message) {
            return new Upstream(502, "upstream_unreachable", message, null);
        }

        public static Upstream unavailable(String message) {
            return new Upstream(503, "overloaded", message, Duration.ofSeconds(1));
        }

        public static Upstream timedOut(String message) {
            return new Upstream(504, "upstream_timeout", message, null);
        }
    }

    /** 500: a fault of our own. */
    record Internal(String message) implements ProxyError {
        @Override
        public int status() {
            return 500;
        }

        @Override
        public String type() {
            return "api_error";
        }

        @Override
        public String code() {
            return "internal_error";
        }
    }
}
