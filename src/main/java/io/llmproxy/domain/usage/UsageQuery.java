package io.llmproxy.domain.usage;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What part of the ledger is asked for.
 *
 * @param from inclusive; null: from the beginning
 * @param to exclusive; null: until now
 */
public record UsageQuery(
        @Nullable UUID tenantId,
        @Nullable UUID userId,
        @Nullable Instant from,
        @Nullable Instant to) {

    /** What a report may be grouped by. */
    public enum Dimension {
        TENANT,
        USER,
        KEY,
        MODEL,
        PROVIDER,
        DAY
    }

    /**
     * What those who share all these have used together, refused requests left out.
     *
     * @param provider its name
     */
    public record Sum(
            UUID tenantId,
            @Nullable UUID userId,
            UUID keyId,
            @Nullable String provider,
            @Nullable String requestedModel,
            @Nullable String upstreamModel,
            String endpoint,
            long requests,
            long inputTokens,
            long outputTokens,
            long costNanos) {
        public static Sum of(UsageRecord r) {
            return new Sum(
                    r.tenantId(),
                    r.userId(),
                    r.keyId(),
                    r.provider(),
                    r.requestedModel(),
                    r.upstreamModel(),
                    r.endpoint(),
                    1,
                    UsageFigures.bounded(r.tokens().input()),
                    UsageFigures.bounded(r.tokens().output()),
                    UsageFigures.boundedCost(r.cost().nanos()));
        }

        /** Whose sum it is, with nothing used. */
        public Sum group() {
            return with(0, 0, 0, 0);
        }

        /** The same without telling models that providers were asked for, and endpoints, apart. */
        public Sum plain() {
            return new Sum(
                    tenantId,
                    userId,
                    keyId,
                    provider,
                    requestedModel,
                    null,
                    "",
                    requests,
                    inputTokens,
                    outputTokens,
                    costNanos);
        }

        /** @param other of the same group */
        public Sum plus(Sum other) {
            return with(
                    requests + other.requests,
                    inputTokens + other.inputTokens,
                    outputTokens + other.outputTokens,
                    costNanos + other.costNanos);
        }

        private Sum with(long newRequests, long input, long output, long nanos) {
            return new Sum(
                    tenantId,
                    userId,
                    keyId,
                    provider,
                    requestedModel,
                    upstreamModel,
                    endpoint,
                    newRequests,
                    input,
                    output,
                    nanos);
        }
    }

    /**
     * One line of a report.
     *
     * @param group the values of the dimensions asked for, in their order; null where a record has none
     * @param errors requests that were refused, failed, cut, or answered with a status of 400 and above
     * @param costNanos what is known of the costs, in nano-USD
     * @param unpriced requests whose cost is not all known
     */
    public record Row(
            List<@Nullable String> group,
            long requests,
            long errors,
            long inputTokens,
            long outputTokens,
            long cachedInputTokens,
            long cacheWriteTokens,
            long reasoningTokens,
            long costNanos,
            long unpriced) {}
}
