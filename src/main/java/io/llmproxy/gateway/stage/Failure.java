package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.port.UpstreamException;
import java.io.IOException;

/**
 * How a call failed of which the client has seen nothing.
 *
 * @param reason one word, for the ledger
 * @param status that the provider answered; 0: none
 * @param error what the client is told where no other target follows
 * @param elsewhere whether another target may do better
 * @param retryAfterNanos how long the provider wants not to be asked; 0: it did not say
 */
record Failure(String reason, int status, ProxyError error, boolean elsewhere, long retryAfterNanos) {

    /** Of a provider that sent a failing head. */
    static Failure status(int status, ProxyError error, long retryAfterNanos) {
        return new Failure("status", status, error, true, retryAfterNanos);
    }

    /** Of a provider that says that the request is too long for the model. */
    static Failure tooLong(int status, ProxyError error) {
        return new Failure("too-long", status, error, true, 0);
    }

    /** Of a good head whose answer is nothing that the endpoint answers, as a page for people. */
    static Failure unreadable(ProxyError error) {
        return new Failure("unreadable", 200, error, true, 0);
    }

    /** Of a good head without an answer. */
    static Failure empty(ProxyError error) {
        return new Failure("empty", 200, error, true, 0);
    }

    /** Of an answer that began and then said that it fails. */
    static Failure stream(ProxyError error) {
        return new Failure("stream-error", 200, error, true, 0);
    }

    /** @param afterTimeout whether a provider that has the request and takes too long may be followed by another */
    static Failure of(IOException cause, ProxyError error, boolean afterTimeout) {
        if (!(cause instanceof UpstreamException upstream)) {
            return new Failure("undecodable", 0, error, true, 0);
        }
        return switch (upstream.kind()) {
            case CONNECT -> new Failure("connect", 0, error, true, 0);
            case FORBIDDEN_ADDRESS -> new Failure("forbidden-address", 0, error, true, 0);
            case POOL_EXHAUSTED -> new Failure("no-connection", 0, error, true, 0);
            case NO_ANSWER -> new Failure("no-answer", 0, error, true, 0);
            case PROTOCOL -> new Failure("protocol", 0, error, true, 0);
            case TRUNCATED -> new Failure("truncated", 0, error, true, 0);
            case UNREADABLE -> new Failure("unreadable", 0, error, true, 0);
            case REPORTED -> stream(error);
            case FIRST_BYTE_TIMEOUT, IDLE_TIMEOUT, TOTAL_TIMEOUT -> new Failure("timeout", 0, error, afterTimeout, 0);
            case CANCELLED -> new Failure("cancelled", 0, error, false, 0);
        };
    }

    /** Whether a call that broke off says that the target is in a bad way, and not only busy with others. */
    boolean ofTarget() {
        return !reason.equals("no-connection") && !reason.equals("cancelled");
    }

    /** Whether no request can cause it: it says something to all who share the provider. */
    boolean aboutEverybody() {
        return reason.equals("connect") || reason.equals("forbidden-address");
    }

    /** Whether a head says so: what stands before the model is in a bad way or has no room, whoever asks. */
    static boolean aboutEverybody(int status) {
        return status == 502 || status == 503 || status == 504 || status == 529;
    }

    /** Whether a head says that the target is in a bad way. */
    static boolean broken(int status) {
        return status >= 500 && status != 501 && status != 505;
    }

    /** Whether a head may be followed by a call of another target. */
    static boolean passable(int status) {
        return status == 408 || status == 429 || status >= 500;
    }

    /** For people, as {@code answered 503}. */
    String text() {
        return reason.equals("status") ? "answered " + status : "failed (" + reason + ")";
    }
}
