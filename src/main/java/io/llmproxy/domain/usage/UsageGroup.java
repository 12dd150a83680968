package io.llmproxy.domain.usage;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the records of one row of sums have in common.
 *
 * @param hour the beginning of the hour, UTC, in which their requests began
 * @param model what the client asked for
 */
public record UsageGroup(
        Instant hour,
        UUID tenantId,
        String tenantSlug,
        @Nullable UUID userId,
        @Nullable String userEmail,
        UUID keyId,
        String keyName,
        @Nullable String model,
        @Nullable String provider) {

    /** The group that the record belongs to. */
    public static UsageGroup of(UsageRecord r) {
        return new UsageGroup(
                r.startedAt().truncatedTo(ChronoUnit.HOURS),
                r.tenantId(),
                r.tenantSlug(),
                r.userId(),
                r.userEmail(),
                r.keyId(),
                r.keyName(),
                r.requestedModel(),
                r.provider());
    }
}
