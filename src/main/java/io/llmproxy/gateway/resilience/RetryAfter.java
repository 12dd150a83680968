package io.llmproxy.gateway.resilience;

import io.llmproxy.domain.HeaderFields;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Reads how long a provider wants not to be asked: {@code retry-after-ms}, which OpenAI and Azure send for their own clients and which is
 * the finer one, else Retry-After (RFC 9110, section 10.2.3): seconds or a date.
 */
public final class RetryAfter {
    /** What is longer means as much. */
    private static final Duration LONGEST = Duration.ofDays(1);

    private RetryAfter() {}

    /** How long to wait; zero where nothing is said, or nothing that can be read, or the moment is past. */
    public static Duration of(HeaderFields headers, Instant now) {
        Duration fine =
                headers.first("retry-after-ms").map(v -> millis(v.strip())).orElse(Duration.ZERO);
        return fine.isPositive()
                ? fine
                : headers.first("retry-after").map(v -> parse(v.strip(), now)).orElse(Duration.ZERO);
    }

    /** A part of one counts as one; zero where it is no number. */
    private static Duration millis(String value) {
        int point = value.indexOf('.');
        String whole = point < 0 ? value : value.substring(0, point);
        String part = point < 0 ? "0" : value.substring(point + 1);
        if (!digits(whole) || !digits(part)) {
            return Duration.ZERO;
        }
        if (whole.length() > 9) {
            return LONGEST;
        }
        boolean more = part.chars().anyMatch(c -> c != '0');
        Duration wait = Duration.ofMillis(Long.parseLong(whole) + (more ? 1 : 0));
        return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
    }

    private static Duration parse(String value, Instant now) {
        try {
            Duration wait = digits(value)
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

    private static boolean digits(String value) {
        return !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
    }
}
