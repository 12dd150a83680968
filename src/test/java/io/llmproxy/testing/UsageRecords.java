package io.llmproxy.testing;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.domain.usage.UsageRecord.Call;
import io.llmproxy.domain.usage.UsageRecord.Caller;
import io.llmproxy.domain.usage.UsageRecord.Effort;
import io.llmproxy.domain.usage.UsageRecord.Result;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Usage records for tests. */
public final class UsageRecords {
    public static final Instant T0 = Instant.parse("2026-11-20T10:00:00.123456Z");
    public static final UUID TENANT = UUID.fromString("01900000-0000-7000-8000-000000000001");
    public static final UUID KEY = UUID.fromString("01900000-0000-7000-8000-000000000002");

    private UsageRecords() {}

    /** A completed chat whose client request id is {@code label}. */
    public static UsageRecord labelled(String label) {
        return full(Ids.next(T0), label);
    }

    /** Every field filled. */
    public static UsageRecord full(UUID requestId, String clientRequestId) {
        return new UsageRecord(
                requestId,
                clientRequestId,
                "req_upstream",
                T0,
                new Caller(
                        TENANT,
                        "acme",
                        UUID.fromString("01900000-0000-7000-8000-000000000003"),
                        "dev@acme.example",
                        KEY,
                        "dev",
                        null),
                new Call("POST", "/v1/chat/completions", "gpt-4o", "up", "gpt-4o-2024-08-06"),
                new Result(
                        200,
                        Outcome.COMPLETED,
                        null,
                        true,
                        new TokenUsage(100, 50, 20, 10, 5, 3, 2, TokenUsage.Source.PROVIDER),
                        new Effort(1234, 5678, 987_654, 123_456, 321, 2),
                        new Cost(1_234_567, Cost.State.PARTIAL, "catalogue:openai:gpt-4o@2024-05-13"),
                        List.of()));
    }

    /** Every field that may be null is; figures at their extremes. */
    public static UsageRecord bare(UUID requestId) {
        return new UsageRecord(
                requestId,
                null,
                null,
                Instant.EPOCH,
                caller(TENANT, "acme"),
                new Call("GET", "/v1/models", null, null, null),
                new Result(
                        499,
                        Outcome.CLIENT_GONE,
                        null,
                        false,
                        TokenUsage.NONE,
                        new Effort(0, Long.MAX_VALUE, 0, -1, 0, 0),
                        Cost.UNKNOWN,
                        List.of()));
    }

    /** A key of that tenant, without a user. */
    public static Caller caller(UUID tenantId, String slug) {
        return new Caller(tenantId, slug, null, null, KEY, "dev", null);
    }

    /** A chat with that model. */
    public static Call chat(@Nullable String model) {
        return new Call("POST", "/v1/chat/completions", model, "up", model);
    }

    /** Of one attempt that answered whole. */
    public static Result answered(TokenUsage tokens, Cost cost) {
        return new Result(200, Outcome.COMPLETED, null, false, tokens, new Effort(1, 1, 1, -1, 1, 1), cost, List.of());
    }

    /** Without any attempt. */
    public static Result refused(int status, String code) {
        Effort none = new Effort(0, 0, 0, -1, 0, 0);
        return new Result(status, Outcome.REFUSED, code, false, TokenUsage.NONE, none, Cost.UNKNOWN, List.of());
    }
}
