package io.llmproxy.adapter.admin;

import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.Explanation;
import io.llmproxy.gateway.Explanation.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells by its record what was decided of a request. */
final class PastRequest {
    private PastRequest() {}

    static Explanation explained(UsageRecord u) {
        List<Step> steps = new ArrayList<>();
        String user = u.userEmail() == null ? "no user" : "user " + u.userEmail();
        steps.add(new Step("key", u.keyName(), "accepted", "tenant " + u.tenantSlug() + ", " + user));
        boolean limited = u.status() == 429 || u.status() == 402;
        String code = u.errorCode();
        if (limited && code != null && u.attempts() == 0) {
            steps.add(new Step("limit", code, "refused", "status " + u.status()));
        }
        if (u.requestedModel() != null) {
            steps.add(new Step("route", u.requestedModel(), "asked for", u.method() + " " + u.endpoint()));
        }
        u.failed().forEach(a -> steps.add(failed(a)));
        if (u.provider() != null) {
            steps.add(last(u));
        }
        steps.add(price(u));
        steps.add(new Step(
                "answer",
                code == null ? "" : code,
                Integer.toString(u.status()),
                u.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' ') + " after "
                        + millis(u.durationMicros())));
        return new Explanation(steps);
    }

    private static Step failed(Attempt a) {
        String target = named(a.provider(), a.model());
        if (a.passedOver()) {
            return new Step("candidate", target, "passed over", words(a.reason()));
        }
        // a head that fails says all by its status; one that does not was followed by what the reason tells
        String how = a.status() == 0
                ? words(a.reason())
                : a.reason().equals("status")
                        ? "answered " + a.status()
                        : "answered " + a.status() + ", " + words(a.reason());
        return new Step("attempt", target, "failed", how + ", after " + millis(a.durationMicros()));
    }

    private static String words(String reason) {
        return switch (reason) {
            case Attempt.LEFT_ALONE -> "it had failed too often of late and was left alone";
            case Attempt.RESTING -> "it had asked for a pause";
            case Attempt.UNREACHABLE -> "it failed its checks";
            case Attempt.NOT_READY -> "it was not ready to be called";
            case Attempt.LIMIT -> "a limit of the provider was reached";
            case Attempt.FULL -> "as many calls ran there as may";
            case "stream-error" -> "but its stream said an error (stream-error)";
            case "too-long" -> "which says that the request is too long for the model (too-long)";
            default -> reason.replace('-', ' ');
        };
    }

    private static Step last(UsageRecord u) {
        String target = named(String.valueOf(u.provider()), u.upstreamModel());
        if (u.attempts() == 0) {
            return new Step("candidate", target, "not called", "the request ended before");
        }
        String upstream = u.upstreamRequestId() == null ? "" : ", which it calls " + u.upstreamRequestId();
        String first = u.firstByteMicros() < 0 ? "no byte came" : "first byte after " + millis(u.firstByteMicros());
        return new Step(
                "attempt",
                target,
                u.outcome().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                "call " + u.attempts() + ", " + first + upstream);
    }

    private static Step price(UsageRecord u) {
        Cost cost = u.cost();
        TokenUsage t = u.tokens();
        String tokens = t.input() + " tokens of input, " + t.output() + " of output";
        String usd = cost.usd();
        return new Step(
                "price",
                cost.priceId() == null ? "" : cost.priceId(),
                usd == null ? "unknown" : usd + " USD",
                cost.state() == Cost.State.PARTIAL ? tokens + "; a part of it has no price" : tokens);
    }

    private static String named(String provider, @Nullable String model) {
        return model == null ? provider : provider + "/" + model;
    }

    private static String millis(long micros) {
        return TimeUnit.MICROSECONDS.toMillis(micros) + " ms";
    }
}
