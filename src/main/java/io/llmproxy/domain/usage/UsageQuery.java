package io.llmproxy.domain.usage;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.temporal.IsoFields;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What part of the ledger is asked for.
 *
 * @param from inclusive; null: from the beginning
 * @param to exclusive; null: until now
 * @param match what else its records have in common
 * @param zone where its days, weeks and months begin
 */
public record UsageQuery(
        @Nullable UUID tenantId,
        @Nullable UUID userId,
        @Nullable Instant from,
        @Nullable Instant to,
        Match match,
        ZoneId zone) {

    public UsageQuery(@Nullable UUID tenantId, @Nullable UUID userId, @Nullable Instant from, @Nullable Instant to) {
        this(tenantId, userId, from, to, Match.ALL, ZoneOffset.UTC);
    }

    /** The same of another time. */
    public UsageQuery within(@Nullable Instant otherFrom, @Nullable Instant otherTo) {
        return new UsageQuery(tenantId, userId, otherFrom, otherTo, match, zone);
    }

    /**
     * What records have in common; null: whatever it is.
     *
     * @param keyId of the key
     * @param key the name that the key had
     * @param model what the client asked for
     * @param provider its name
     * @param statusFrom and {@code statusTo}: the ends of a range of what clients were answered, both inclusive
     */
    public record Match(
            @Nullable UUID keyId,
            @Nullable String key,
            @Nullable String model,
            @Nullable String provider,
            @Nullable Integer statusFrom,
            @Nullable Integer statusTo) {
        public static final Match ALL = new Match(null, null, null, null, null, null);

        /** Whether sums by hour can tell; of statuses records alone can. */
        public boolean summed() {
            return statusFrom == null && statusTo == null;
        }

        public boolean matches(UsageRecord r) {
            return (keyId == null || keyId.equals(r.keyId()))
                    && (key == null || key.equals(r.keyName()))
                    && (model == null || model.equals(r.requestedModel()))
                    && (provider == null || provider.equals(r.provider()))
                    && (statusFrom == null || r.status() >= statusFrom)
                    && (statusTo == null || r.status() <= statusTo);
        }
    }

    /** What a report may be grouped by. */
    public enum Dimension {
        TENANT,
        USER,
        KEY,
        MODEL,
        PROVIDER,
        /** Its beginning, UTC, as {@code 2026-11-20T14:00Z}. */
        HOUR,
        /** As {@code 2026-11-20}. */
        DAY,
        /** As {@code 2026-W47}, from Monday on (ISO 8601). */
        WEEK,
        /** As {@code 2026-11}. */
        MONTH,
        /** The path without its variable parts. */
        ENDPOINT,
        /** What the client was answered. */
        STATUS,
        /** How it ended, as {@code completed}. */
        OUTCOME,
        /** What it was for, as {@code chat}. */
        OPERATION,
        /** All labels of its key, a JSON object with the names in order: those that it had when its hour was first written. */
        LABEL;

        /** Whether it depends on where a day begins. */
        public boolean zoned() {
            return this == DAY || this == WEEK || this == MONTH;
        }

        /** Whether sums by hour know it; reports by others read every record of their time. */
        public boolean summed() {
            return switch (this) {
                case ENDPOINT, STATUS, OUTCOME, OPERATION -> false;
                default -> true;
            };
        }

        /** The value of a record, as reports show it; null where there is none, or it does not know, as of labels. */
        public @Nullable String of(UsageRecord r, ZoneId zone) {
            return switch (this) {
                case TENANT -> r.tenantSlug();
                case USER -> r.userEmail();
                case KEY -> r.keyName();
                case MODEL -> r.requestedModel();
                case PROVIDER -> r.provider();
                case ENDPOINT -> r.endpoint();
                case STATUS -> Integer.toString(r.status());
                case OUTCOME -> r.outcome().name().toLowerCase(Locale.ROOT);
                case OPERATION -> Operation.of(r.endpoint());
                case LABEL -> null;
                case HOUR, DAY, WEEK, MONTH -> time(r.startedAt(), zone);
            };
        }

        /** Of one of those of time: how what began then is shown; an hour is one of UTC, whatever the zone. */
        public String time(Instant began, ZoneId zone) {
            LocalDate at = began.atZone(zone).toLocalDate();
            return switch (this) {
                case HOUR ->
                    began.truncatedTo(ChronoUnit.HOURS).atOffset(ZoneOffset.UTC).toString();
                case DAY -> at.toString();
                case WEEK ->
                    at.get(IsoFields.WEEK_BASED_YEAR)
                            + (at.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR) < 10 ? "-W0" : "-W")
                            + at.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR);
                case MONTH -> at.toString().substring(0, 7);
                case TENANT, USER, KEY, MODEL, PROVIDER, ENDPOINT, STATUS, OUTCOME, OPERATION, LABEL ->
                    throw new IllegalStateException(this + " is none of time");
            };
        }
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
            long unpriced) {
        /** The same figures of another group. */
        public Row of(List<@Nullable String> other) {
            return new Row(
                    other,
                    requests,
                    errors,
                    inputTokens,
                    outputTokens,
                    cachedInputTokens,
                    cacheWriteTokens,
                    reasoningTokens,
                    costNanos,
                    unpriced);
        }

        /** The figures of both, of this one's group. */
        public Row plus(Row other) {
            return new Row(
                    group,
                    requests + other.requests,
                    errors + other.errors,
                    inputTokens + other.inputTokens,
                    outputTokens + other.outputTokens,
                    cachedInputTokens + other.cachedInputTokens,
                    cacheWriteTokens + other.cacheWriteTokens,
                    reasoningTokens + other.reasoningTokens,
                    costNanos + other.costNanos,
                    unpriced + other.unpriced);
        }
    }
}
