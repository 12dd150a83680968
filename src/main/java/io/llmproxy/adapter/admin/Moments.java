package io.llmproxy.adapter.admin;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.error.InvalidValueException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Reads the ends of a period: a time of RFC 3339, a date (its beginning, UTC), or a duration that means "so long ago". */
final class Moments {
    private Moments() {}

    static @Nullable Instant parse(String field, @Nullable String text, Instant now) {
        return parse(field, text, now, ZoneOffset.UTC);
    }

    /** @param zone where a date begins */
    static @Nullable Instant parse(String field, @Nullable String text, Instant now, ZoneId zone) {
        if (text == null || text.isEmpty()) {
            return null;
        }
        try {
            if (text.indexOf('T') > 0) {
                // a plus sign in a query means a space to many; there is none in a time
                return OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
            }
            if (text.indexOf('-') > 0) {
                return LocalDate.parse(text).atStartOfDay(zone).toInstant();
            }
            return now.minus(Durations.parse(field, text));
        } catch (DateTimeException | ArithmeticException e) {
            throw new InvalidValueException(
                    field,
                    "must be a time as 2027-01-31T00:00:00Z, a date as 2027-01-31, or a duration as 24h; got "
                            + Checks.quoted(text));
        }
    }
}
