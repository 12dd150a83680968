package io.llmproxy.domain.limit;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;

/** How long a limit's amount has to last. Times are microseconds since 1970. */
public enum LimitPeriod {
    SECOND("second", Duration.ofSeconds(1)),
    MINUTE("minute", Duration.ofMinutes(1)),
    HOUR("hour", Duration.ofHours(1)),
    /** A calendar day where windows are fixed, 24 hours otherwise. */
    DAY("day", Duration.ofDays(1)),
    /** A calendar month where windows are fixed, 30 days otherwise. */
    MONTH("month", Duration.ofDays(30)),
    /** For good. */
    TOTAL("total", Duration.ZERO),
    /** No period: what is taken is given back. */
    NONE("-", Duration.ZERO);

    private final String word;
    private final long micros;

    LimitPeriod(String word, Duration length) {
        this.word = word;
        this.micros = length.toNanos() / 1000;
    }

    public String word() {
        return word;
    }

    /** The length; 0 where it has none. */
    public long micros() {
        return micros;
    }

    /** Whether the period ends. */
    public boolean ends() {
        return micros > 0;
    }

    /** Whether what was used is found again after a restart. */
    public boolean durable() {
        return this == HOUR || this == DAY || this == MONTH || this == TOTAL;
    }

    /** When the window that holds {@code at} began; the least possible time where the period has no end. */
    public long start(long at, ZoneId zone) {
        return switch (this) {
            case SECOND, MINUTE, HOUR -> Math.floorDiv(at, micros) * micros;
            case DAY -> micros(calendar(at, zone).truncatedTo(ChronoUnit.DAYS));
            case MONTH -> micros(calendar(at, zone).truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1));
            case TOTAL, NONE -> Long.MIN_VALUE;
        };
    }

    /** When the window that holds {@code at} ends; the greatest possible time where it does not. */
    public long end(long at, ZoneId zone) {
        return switch (this) {
            case SECOND, MINUTE, HOUR -> start(at, zone) + micros;
            case DAY -> micros(calendar(at, zone).truncatedTo(ChronoUnit.DAYS).plusDays(1));
            case MONTH ->
                micros(calendar(at, zone)
                        .truncatedTo(ChronoUnit.DAYS)
                        .withDayOfMonth(1)
                        .plusMonths(1));
            case TOTAL, NONE -> Long.MAX_VALUE;
        };
    }

    private static ZonedDateTime calendar(long at, ZoneId zone) {
        return Instant.EPOCH.plus(at, ChronoUnit.MICROS).atZone(zone);
    }

    private static long micros(ZonedDateTime time) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, time.toInstant());
    }

    /** Those that users may name. */
    public static LimitPeriod parse(String field, String text) {
        LimitPeriod[] named = Arrays.stream(values()).filter(p -> p != NONE).toArray(LimitPeriod[]::new);
        return Words.parse(field, text, named, LimitPeriod::word);
    }
}
