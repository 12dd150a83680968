package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.CostCalculator;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.Price;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Tally;
import io.llmproxy.gateway.Target;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Makes the line of account of an exchange. */
final class Records {
    private static final int MAX_ID = 128;

    private Records() {}

    static UsageRecord of(
            Exchange x,
            KeyEntry owner,
            int status,
            Outcome outcome,
            @Nullable ProxyError error,
            Cost cost,
            long nanos) {
        Tally tally = x.tally();
        Ask ask = x.askOrNull();
        boolean audited = owner.principal().tenant().settings().auditMode() != AuditMode.NONE;
        return new UsageRecord(
                x.requestId(),
                audited ? bounded(x.request().headers(), "x-request-id") : null,
                audited ? tally.upstreamRequestId() : null,
                x.startedAt(),
                caller(owner.principal()),
                call(x, ask),
                new UsageRecord.Result(
                        status,
                        outcome,
                        code(tally, error),
                        ask != null && ask.stream(),
                        tally.tokens(),
                        effort(x, nanos),
                        cost,
                        tally.failed()),
                !audited);
    }

    private static UsageRecord.Caller caller(Principal principal) {
        User user = principal.user();
        return new UsageRecord.Caller(
                principal.tenant().id(),
                principal.tenant().slug(),
                user == null ? null : user.id(),
                user == null ? null : user.email(),
                principal.key().id(),
                principal.key().name(),
                null);
    }

    private static UsageRecord.Call call(Exchange x, @Nullable Ask ask) {
        Target target = x.tally().target();
        Endpoint endpoint = x.endpointOrNull();
        String method = method(x.request().method());
        return new UsageRecord.Call(
                method,
                (endpoint == null ? Endpoint.ofClient(method, x.request().path()) : endpoint).template(),
                ask == null ? null : ask.model(),
                target == null ? null : target.providerName(),
                target == null ? null : target.model());
    }

    private static UsageRecord.Effort effort(Exchange x, long nanos) {
        Tally tally = x.tally();
        return new UsageRecord.Effort(
                tally.requestBytes(),
                x.sink().bytesWritten(),
                micros(x.elapsed(nanos)),
                tally.firstByteNanos() < 0 ? -1 : micros(tally.firstByteNanos()),
                micros(tally.overheadNanos(x.elapsed(nanos))),
                tally.attempts());
    }

    /** By the prices of the snapshot that the request began with, and those of that moment. */
    static Cost cost(Exchange x) {
        Tally tally = x.tally();
        Target target = tally.target();
        KeyEntry owner = x.keyOrNull();
        boolean generated = tally.delivered() != null;
        boolean used = generated || tally.tokens().source() != TokenUsage.Source.NONE;
        if (!used || target == null || owner == null) {
            return Cost.NOTHING;
        }
        Price price = x.price(target);
        return CostCalculator.cost(price, tally.tokens(), generated);
    }

    /** Of a limit it is the limit's id: which one it was is what people look for. */
    private static @Nullable String code(Tally tally, @Nullable ProxyError error) {
        if (error != null) {
            return error instanceof ProxyError.LimitExceeded limit ? limit.limitId() : error.code();
        }
        return tally.isReplayed() ? UsageRecord.IDEMPOTENT_REPLAY : null;
    }

    /** An id that somebody else chose, so far as it is printable ASCII and not too long; else null. */
    static @Nullable String bounded(HeaderFields fields, String name) {
        return fields.first(name)
                .filter(id -> !id.isBlank() && id.length() <= MAX_ID)
                .filter(id -> id.chars().allMatch(c -> c >= ' ' && c < 127))
                .orElse(null);
    }

    /** The provider's id of an answer, under the name that most have for it or Anthropic's; null where it tells none. */
    static @Nullable String upstreamId(HeaderFields fields) {
        return bounded(fields, fields.contains("x-request-id") ? "x-request-id" : "request-id");
    }

    /** A client may invent methods without end; the ledger does not keep them. */
    private static String method(String sent) {
        return switch (sent.toUpperCase(Locale.ROOT)) {
            case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" -> sent;
            default -> "OTHER";
        };
    }

    private static long micros(long nanos) {
        return TimeUnit.NANOSECONDS.toMicros(nanos);
    }
}
