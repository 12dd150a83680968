package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * How much a tenant may use, so far as that is a setting of its own; null is no limit.
 *
 * @param maxOutputTokens what a request is taken to generate at most that does not say so itself; null: as much as its model can, and
 *     {@value #DEFAULT_OUTPUT} where nobody knows that
 * @param timeZone in which its days and months begin, an IANA name; null: UTC
 */
public record UsageLimits(
        @Nullable Long maxRequestsPerMinute,
        @Nullable Long maxRequestsPerDay,
        @Nullable Long maxTokensPerDay,
        @Nullable Integer maxOutputTokens,
        @Nullable String timeZone) {
    private static final int DEFAULT_OUTPUT = 4096;
    private static final String CLEAR = "clear it to have no limit";

    public static final UsageLimits NONE = new UsageLimits(null, null, null, null, null);

    public UsageLimits {
        Checks.amount("maxRequestsPerMinute", maxRequestsPerMinute, CLEAR);
        Checks.amount("maxRequestsPerDay", maxRequestsPerDay, CLEAR);
        Checks.amount("maxTokensPerDay", maxTokensPerDay, CLEAR);
        Checks.amount("maxOutputTokens", maxOutputTokens == null ? null : maxOutputTokens.longValue(), CLEAR);
        if (timeZone != null) {
            zone(timeZone);
        }
    }

    public ZoneId zone() {
        return timeZone == null ? ZoneOffset.UTC : zone(timeZone);
    }

    /** What is taken for a model of which nobody knows how much it generates. */
    public int outputTokens() {
        return maxOutputTokens == null ? DEFAULT_OUTPUT : maxOutputTokens;
    }

    /** @throws InvalidValueException where there is no such zone */
    public static ZoneId zone(String name) {
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            throw new InvalidValueException(
                    "timeZone", "is no time zone, as `Europe/Berlin` is one: " + Checks.quoted(name));
        }
    }
}
