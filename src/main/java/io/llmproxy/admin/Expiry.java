package io.llmproxy.admin;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.error.InvalidValueException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Reads the end of a key's or a token's life: a duration from now, or an instant of RFC 3339. */
public final class Expiry {
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private Expiry() {}

    /** @return null where the key is not to expire: nothing given, or {@code never} */
    public static @Nullable Instant parse(@Nullable String text, Instant now) {
        if (text == null || text.equals("never")) {
            return null;
        }
        Instant at = text.indexOf('-') >= 0 ? instant(text) : now.plus(duration(text));
        if (!at.isAfter(now)) {
            throw new InvalidValueException("expires", "must be in the future; got " + Checks.quoted(text));
        }
        if (at.isAfter(now.plus(LONGEST))) {
            throw new InvalidValueException("expires", "must be within 36500 days; got " + Checks.quoted(text));
        }
        return at.truncatedTo(ChronoUnit.MICROS);
    }

    private static Duration duration(String text) {
        Duration duration = Durations.parse("expires", text);
        return duration.compareTo(LONGEST) > 0 ? LONGEST.plusDays(1) : duration;
    }

    private static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException e) {
            throw new InvalidValueException(
                    "expires",
                    "must be a duration as 30d or a time as 2027-01-31T00:00:00Z; got " + Checks.quoted(text));
        }
    }
}
