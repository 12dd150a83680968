package io.llmproxy.gateway.resilience;

import io.llmproxy.domain.HeaderFields;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Reads a Retry-After field (RFC 9110, section 10.2.3): seconds or a date. */
public final class RetryAfter {
    /** What is longer means as much. */
    private static final Duration LONGEST = Duration.ofDays(1);

    private RetryAfter() {}

    /** How long to wait; zero where nothing is said, or nothing that can be read, or the moment is past. */
    public static Duration of(HeaderFields headers, Instant now) {
        return headers.first("retry-after").map(v -> parse(v.strip(), now)).orElse(Duration.ZERO);
    }

    private static Duration parse(String value, Instant now) {
        try {
            Duration wait = seconds(value)
                    ? value.length() > 9 ? LONGEST : Duration.ofSeconds(Long.parseLong(value))
                    : Duration.between(
                            now,
                            ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ROOT))
                                    .toInstant());
            return wait.isNegative() ? Duration.ZERO : wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
        } catch (DateTimeException | ArithmeticException e) {
            return Duration.ZERO;
        }
    }

    private static boolean seconds(String value) {
        return !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
