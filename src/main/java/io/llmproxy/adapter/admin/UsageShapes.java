package io.llmproxy.adapter.admin;

import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageQuery.Dimension;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.domain.usage.Usd;
import io.llmproxy.wire.admin.UsageJson;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Puts what the ledger says into the shapes of the admin API. */
final class UsageShapes {
    private UsageShapes() {}

    static UsageJson entry(UsageRecord u) {
        TokenUsage t = u.tokens();
        return new UsageJson(
                u.requestId().toString(),
                u.clientRequestId(),
                u.upstreamRequestId(),
                Shapes.time(u.startedAt()),
                u.tenantSlug(),
                u.userEmail(),
                u.keyName(),
                u.method(),
                u.endpoint(),
                u.requestedModel(),
                u.provider(),
                u.upstreamModel(),
                u.status(),
                u.outcome().name().toLowerCase(Locale.ROOT),
                u.errorCode(),
                u.stream(),
                t.input(),
                t.output(),
                t.cachedInput(),
                t.cacheWrite(),
                t.reasoning(),
                t.audioInput(),
                t.audioOutput(),
                t.source().name().toLowerCase(Locale.ROOT),
                u.requestBytes(),
                u.responseBytes(),
                u.durationMicros(),
                u.firstByteMicros() < 0 ? null : u.firstByteMicros(),
                u.overheadMicros(),
                u.attempts(),
                u.cost().usd(),
                priced(u.cost().state()),
                u.cost().priceId(),
                u.failed().stream().map(UsageShapes::attempt).toList());
    }

    private static UsageJson.FailedAttempt attempt(Attempt a) {
        return new UsageJson.FailedAttempt(
                a.provider(), a.model(), a.status() == 0 ? null : a.status(), a.reason(), a.durationMicros());
    }

    private static String priced(Cost.State state) {
        return switch (state) {
            case PRICED -> "true";
            case PARTIAL -> "partial";
            case UNPRICED -> "false";
        };
    }

    static UsageJson.ReportRow row(List<Dimension> by, UsageQuery.Row row) {
        return new UsageJson.ReportRow(
                of(Dimension.TENANT, by, row),
                of(Dimension.USER, by, row),
                of(Dimension.KEY, by, row),
                of(Dimension.MODEL, by, row),
                of(Dimension.PROVIDER, by, row),
                of(Dimension.HOUR, by, row),
                of(Dimension.DAY, by, row),
                of(Dimension.WEEK, by, row),
                of(Dimension.MONTH, by, row),
                of(Dimension.ENDPOINT, by, row),
                of(Dimension.STATUS, by, row),
                of(Dimension.OUTCOME, by, row),
                of(Dimension.OPERATION, by, row),
                of(Dimension.LABEL, by, row),
                row.requests(),
                row.errors(),
                row.inputTokens(),
                row.outputTokens(),
                row.inputTokens() + row.outputTokens(),
                row.cachedInputTokens(),
                row.cacheWriteTokens(),
                row.reasoningTokens(),
                Usd.ofNanos(row.costNanos()),
                row.unpriced());
    }

    private static @Nullable String of(Dimension dimension, List<Dimension> by, UsageQuery.Row row) {
        int index = by.indexOf(dimension);
        return index < 0 ? null : row.group().get(index);
    }
}
