package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyError.Upstream;
import io.llmproxy.gateway.Target;
import io.llmproxy.port.UpstreamException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What clients are told of failed upstream calls: which provider and model, and what to do; never an address or a reason from inside. */
final class Failures {
    private Failures() {}

    static String of(Target target) {
        String provider = "Provider " + Checks.quoted(target.providerName());
        return target.model() == null ? provider : provider + " (model " + Checks.quoted(target.model()) + ")";
    }

    /** Of a failing head that was not passed on, since another target was to follow. */
    static ProxyError answered(Target target, int status) {
        return switch (status) {
            case 408, 504 -> Upstream.timedOut(of(target) + " answered " + status + ".");
            case 429, 503, 529 -> Upstream.unavailable(of(target) + " answered " + status + "; retry in a moment.");
            default -> Upstream.unreachable(of(target) + " answered " + status + ".");
        };
    }

    /** Of an answer that began with an error. */
    static ProxyError streamError(Target target) {
        return Upstream.unreachable(of(target) + " began an answer and failed.");
    }

    /** Of an answer that is no JSON. */
    static ProxyError unreadable(Target target) {
        return unreadable(of(target));
    }

    static ProxyError empty(Target target) {
        return Upstream.unreachable(of(target) + " sent an empty answer.");
    }

    private static ProxyError unreadable(String who) {
        return Upstream.unreachable(who + " sent an answer that is not in the format of its API.");
    }

    static ProxyError error(Target target, IOException cause) {
        String who = of(target);
        if (!(cause instanceof UpstreamException upstream)) {
            // a content coding that is broken or breaks off
            return Upstream.unreachable(who + " sent an answer that cannot be decoded.");
        }
        return switch (upstream.kind()) {
            case CONNECT -> Upstream.unreachable(who + " cannot be reached.");
            case FORBIDDEN_ADDRESS ->
                Upstream.unreachable(who + " has an address that this installation does not permit.");
            case POOL_EXHAUSTED -> Upstream.unavailable(who + " has no connection free; retry in a moment.");
            case NO_ANSWER -> Upstream.unreachable(who + " closed the connection without an answer.");
            case PROTOCOL -> Upstream.unreachable(who + " sent an answer that is not valid HTTP.");
            case UNREADABLE -> unreadable(who);
            case REPORTED -> reported(who, upstream.reported());
            case FIRST_BYTE_TIMEOUT -> Upstream.timedOut(who + " did not begin to answer in time.");
            case IDLE_TIMEOUT -> Upstream.timedOut(who + " began to answer and then stalled.");
            case TOTAL_TIMEOUT -> Upstream.timedOut(who + " did not answer completely in time.");
            case TRUNCATED -> Upstream.unreachable(who + " broke off its answer.");
            case CANCELLED -> Upstream.unreachable("The call to " + who + " was cancelled.");
        };
    }

    /** An error within an answer whose head has gone out. */
    private static ProxyError reported(String who, @Nullable String type) {
        String text = who + " reported an error in its answer" + (type == null ? "." : ": " + type + ".");
        boolean overloaded = "overloaded_error".equals(type) || "rate_limit_error".equals(type);
        return overloaded ? Upstream.unavailable(text) : Upstream.unreachable(text);
    }
}
