package io.llmproxy.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/** Times and durations as people write and read them. */
final class Times {
    private static final Duration DAY = Duration.ofDays(1);

    private Times() {}

    /** {@code 3d ago}, {@code in 29d}, {@code just now}; the largest unit alone. */
    static String relative(Instant time, Instant now) {
        Duration distance = Duration.between(time, now);
        Duration size = distance.abs();
        if (size.compareTo(Duration.ofSeconds(5)) < 0) {
            return "just now";
        }
        return distance.isNegative() ? "in " + brief(size) : brief(size) + " ago";
    }

    /** The largest unit that fits, as {@code 3d}. */
    static String brief(Duration size) {
        long days = size.toDays();
        if (days >= 730) {
            return days / 365 + "y";
        }
        if (days >= 2) {
            return days + "d";
        }
        if (size.toHours() >= 2) {
            return size.toHours() + "h";
        }
        return size.toMinutes() >= 2 ? size.toMinutes() + "m" : size.toSeconds() + "s";
    }

    /** The time of an RFC 3339 text, or null where it is none. */
    static @Nullable Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** A moment that an operator wrote: RFC 3339, a day (its midnight UTC), {@code now}, or how long ago as {@code 7d}. */
    static Instant moment(String option, String text, Instant now) {
        Instant exact = point(text);
        if (exact != null) {
            return exact;
        }
        Duration ago = length(text);
        if (ago == null && !text.equals("now")) {
            throw CliException.usage(
                    option + ": no time such as 2026-11-20, 2026-11-20T14:00:00Z, 7d (ago) or now: '" + text + "'");
        }
        return ago == null ? now : now.minus(ago);
    }

    /** The same as the API takes it: a day as it is, since the server knows where it begins. */
    static String asked(String option, String text, Instant now) {
        String moment = moment(option, text, now).toString();
        return text.length() == 10 && instant(text) == null && length(text) == null ? text : moment;
    }

    /** A moment or a length of time ahead, as the API takes it. */
    static String expiry(String option, String text) {
        Instant exact = point(text);
        if (exact != null) {
            return exact.toString();
        }
        return duration(option, text);
    }

    /** The text itself where it is a duration as {@code 30s}, {@code 24h} or {@code 1h30m}. */
    static String duration(String option, String text) {
        if (length(text) == null) {
            throw CliException.usage(option + ": no duration such as 500ms, 30s, 5m, 24h or 30d: '" + text + "'");
        }
        return text;
    }

    /** Whole days. */
    static int days(String option, String text) {
        Duration length = length(text);
        if (length == null || length.compareTo(DAY) < 0 || length.toDaysPart() > 36_500) {
            throw CliException.usage(option + ": no number of days such as 90d: '" + text + "'");
        }
        return Math.toIntExact(length.toDays());
    }

    private static @Nullable Instant point(String text) {
        Instant exact = instant(text);
        if (exact != null || text.length() != 10) {
            return exact;
        }
        try {
            return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** The length that the text says, or null where it is no duration. */
    static @Nullable Duration length(String text) {
        Duration sum = Duration.ZERO;
        int i = 0;
        while (i < text.length()) {
            int digits = i;
            while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
                i++;
            }
            int unit = i;
            while (i < text.length() && Character.isLetter(text.charAt(i))) {
                i++;
            }
            Duration one = unit(text.substring(unit, i));
            if (digits == unit || unit - digits > 9 || one == null) {
                return null;
            }
            sum = sum.plus(one.multipliedBy(Long.parseLong(text.substring(digits, unit))));
        }
        return text.isEmpty() ? null : sum;
    }

    private static @Nullable Duration unit(String suffix) {
        return switch (suffix) {
            case "d" -> DAY;
            case "h" -> Duration.ofHours(1);
            case "m" -> Duration.ofMinutes(1);
            case "s" -> Duration.ofSeconds(1);
            case "ms" -> Duration.ofMillis(1);
            default -> null;
        };
    }
}
