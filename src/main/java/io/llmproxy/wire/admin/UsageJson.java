package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One usage record. {@code cost} is in USD, null where it is unknown; {@code priced} is {@code true}, {@code partial} where the cost
 * is a part of it at least, or {@code false}; {@code priceId} is the price that was used;
 * {@code failedAttempts} are the calls that failed and were followed by another.
 */
public record UsageJson(
        String requestId,
        @Nullable String clientRequestId,
        @Nullable String upstreamRequestId,
        Instant startedAt,
        String tenant,
        @Nullable String user,
        String key,
        String method,
        String endpoint,
        @Nullable String model,
        @Nullable String provider,
        @Nullable String upstreamModel,
        int status,
        String outcome,
        @Nullable String errorCode,
        boolean stream,
        long inputTokens,
        long outputTokens,
        long cachedInputTokens,
        long cacheWriteTokens,
        long reasoningTokens,
        long audioInputTokens,
        long audioOutputTokens,
        String usageSource,
        long requestBytes,
        long responseBytes,
        long durationMicros,
        @Nullable Long firstByteMicros,
        long overheadMicros,
        int attempts,
        @Nullable String cost,
        String priced,
        @Nullable String priceId,
        List<FailedAttempt> failedAttempts) {

    /**
     * A call that failed and was followed by another, or a target that was passed over without a call, whose duration is 0.
     *
     * @param status that the provider answered; null where it did not
     * @param reason one word of how it failed, or why it was passed over
     */
    public record FailedAttempt(
            String provider,
            @Nullable String model,
            @Nullable Integer status,
            String reason,
            long durationMicros) {}

    /**
     * One row of a report; the dimensions that were not asked for are null.
     *
     * @param cost in USD, what is known of it
     * @param unpriced requests whose cost is not all known: above 0, {@code cost} is the least that was spent
     */
    public record ReportRow(
            @Nullable String tenant,
            @Nullable String user,
            @Nullable String key,
            @Nullable String model,
            @Nullable String provider,
            @Nullable String hour,
            @Nullable String day,
            @Nullable String week,
            @Nullable String month,
            @Nullable String endpoint,
            @Nullable String status,
            @Nullable String outcome,
            @Nullable String operation,
            @Nullable String label,
            long requests,
            long errors,
            long inputTokens,
            long outputTokens,
            long totalTokens,
            long cachedInputTokens,
            long cacheWriteTokens,
            long reasoningTokens,
            String cost,
            long unpriced) {}
}
