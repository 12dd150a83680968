package io.llmproxy.adapter.telemetry;

import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageRecord;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong with a request, in words of a closed list, and on whose side.
 *
 * @param side {@code client}, {@code gateway} or {@code upstream}
 * @param word the gateway's own error code, or the status of a provider's error that was passed on
 */
record Trouble(String side, String word) {
    static final String CLIENT = "client";
    static final String GATEWAY = "gateway";
    static final String UPSTREAM = "upstream";

    private static final Trouble CLIENT_GONE = new Trouble(CLIENT, "client_gone");

    /** Null: nothing did. */
    static @Nullable Trouble of(UsageRecord record) {
        String code = record.errorCode();
        if (code != null && !code.equals(UsageRecord.IDEMPOTENT_REPLAY)) {
            return new Trouble(side(record, code), word(code, record.status()));
        }
        if (record.outcome() == Outcome.CLIENT_GONE) {
            return CLIENT_GONE;
        }
        return record.status() >= 400 ? passedOn(record.status()) : null;
    }

    /** Which of our own errors it was; a limit's are told by their kind, since ids have no end. */
    private static String word(String code, int status) {
        for (int i = 0; i < code.length(); i++) {
            char c = code.charAt(i);
            if ((c < 'a' || c > 'z') && c != '_') {
                return status == 402 ? "budget_exceeded" : "rate_limit_exceeded";
            }
        }
        return code;
    }

    private static String side(UsageRecord record, String code) {
        if (code.equals("internal_error")) {
            return GATEWAY;
        }
        boolean ofProvider = record.provider() != null && (record.status() >= 500 || record.outcome() == Outcome.CUT);
        return ofProvider ? UPSTREAM : record.status() >= 500 ? GATEWAY : CLIENT;
    }

    /** What a provider says of its own credential or load is no fault of the client. */
    private static Trouble passedOn(int status) {
        return switch (status) {
            case 401, 403, 408, 429 -> new Trouble(UPSTREAM, Integer.toString(status));
            case 400, 404, 405, 409, 413, 415, 422 -> new Trouble(CLIENT, Integer.toString(status));
            case 500, 501, 502, 503, 504, 529 -> new Trouble(UPSTREAM, Integer.toString(status));
            default -> status < 500 ? new Trouble(CLIENT, "4xx") : new Trouble(UPSTREAM, "5xx");
        };
    }
}
