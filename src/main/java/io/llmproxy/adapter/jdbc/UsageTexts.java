package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.UsageGroup;
import io.llmproxy.domain.usage.UsageRecord;

/** Records and groups with texts as they fit columns: what is grouped by SQL and what is read of a block then agree. */
final class UsageTexts {
    private static final int SLUG = 63;
    private static final int NAME = 63;
    private static final int EMAIL = 254;

    private UsageTexts() {}

    static UsageGroup clean(UsageGroup g) {
        return new UsageGroup(
                g.hour(),
                g.tenantId(),
                Texts.clean(g.tenantSlug(), SLUG),
                g.userId(),
                Texts.cleanOrNull(g.userEmail(), EMAIL),
                g.keyId(),
                Texts.clean(g.keyName(), NAME),
                Texts.cleanOrNull(g.model(), Texts.LONG),
                Texts.cleanOrNull(g.provider(), Texts.LONG));
    }

    static UsageRecord clean(UsageRecord r) {
        return new UsageRecord(
                r.requestId(),
                Texts.cleanOrNull(r.clientRequestId(), Texts.LONG),
                Texts.cleanOrNull(r.upstreamRequestId(), Texts.LONG),
                r.startedAt(),
                r.tenantId(),
                Texts.clean(r.tenantSlug(), SLUG),
                r.userId(),
                Texts.cleanOrNull(r.userEmail(), EMAIL),
                r.keyId(),
                Texts.clean(r.keyName(), NAME),
                Texts.clean(r.method(), Texts.LONG),
                Texts.clean(r.endpoint(), Texts.LONG),
                Texts.cleanOrNull(r.requestedModel(), Texts.LONG),
                Texts.cleanOrNull(r.provider(), Texts.LONG),
                Texts.cleanOrNull(r.upstreamModel(), Texts.LONG),
                r.status(),
                r.outcome(),
                Texts.cleanOrNull(r.errorCode(), Texts.LONG),
                r.stream(),
                r.tokens(),
                r.requestBytes(),
                r.responseBytes(),
                r.durationMicros(),
                r.firstByteMicros(),
                r.overheadMicros(),
                r.attempts(),
                r.cost(),
                r.failed().stream().map(UsageTexts::clean).toList());
    }

    private static Attempt clean(Attempt a) {
        return new Attempt(
                Texts.clean(a.provider(), Texts.LONG),
                Texts.cleanOrNull(a.model(), Texts.LONG),
                a.status(),
                Texts.clean(a.reason(), NAME),
                a.durationMicros());
    }
}
