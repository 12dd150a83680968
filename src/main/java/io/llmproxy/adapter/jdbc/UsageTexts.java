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
                clean(r.caller()),
                clean(r.call()),
                clean(r.result()),
                r.unaudited());
    }

    private static UsageRecord.Caller clean(UsageRecord.Caller c) {
        return new UsageRecord.Caller(
                c.tenantId(),
                Texts.clean(c.tenantSlug(), SLUG),
                c.userId(),
                Texts.cleanOrNull(c.userEmail(), EMAIL),
                c.keyId(),
                Texts.clean(c.keyName(), NAME),
                c.address());
    }

    private static UsageRecord.Call clean(UsageRecord.Call c) {
        return new UsageRecord.Call(
                Texts.clean(c.method(), Texts.LONG),
                Texts.clean(c.endpoint(), Texts.LONG),
                Texts.cleanOrNull(c.requestedModel(), Texts.LONG),
                Texts.cleanOrNull(c.provider(), Texts.LONG),
                Texts.cleanOrNull(c.upstreamModel(), Texts.LONG));
    }

    private static UsageRecord.Result clean(UsageRecord.Result r) {
        return new UsageRecord.Result(
                r.status(),
                r.outcome(),
                Texts.cleanOrNull(r.errorCode(), Texts.LONG),
                r.stream(),
                r.tokens(),
                r.effort(),
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
