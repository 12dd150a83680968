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
            long outputTokens) {}

    /**
     * One line of a report.
     *
     * @param group the values of the dimensions asked for, in their order; null where a record has none
     * @param errors requests that were refused, failed, cut, or answered with a status of 400 and above
     */
    public record Row(
            List<@Nullable String> group,
            long requests,
            long errors,
            long inputTokens,
            long outputTokens,
            long cachedInputTokens,
            long cacheWriteTokens,
            long reasoningTokens) {}
}
