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

    /** The value of a dimension, as reports show it; null where there is none. */
    public @Nullable String value(UsageQuery.Dimension dimension) {
        return switch (dimension) {
            case TENANT -> tenantSlug;
            case USER -> userEmail;
            case KEY -> keyName;
            case MODEL -> model;
            case PROVIDER -> provider;
            case DAY -> hour.toString().substring(0, 10);
        };
    }
}
