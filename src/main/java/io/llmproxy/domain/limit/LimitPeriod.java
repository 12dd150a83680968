package io.llmproxy.domain.limit;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
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
            case DAY -> micros(date(at, zone), zone);
            case MONTH -> micros(date(at, zone).withDayOfMonth(1), zone);
            case TOTAL, NONE -> Long.MIN_VALUE;
        };
    }

    /** When the window that holds {@code at} ends; the greatest possible time where it does not. */
    public long end(long at, ZoneId zone) {
        return switch (this) {
            case SECOND, MINUTE, HOUR -> start(at, zone) + micros;
            case DAY -> micros(date(at, zone).plusDays(1), zone);
            case MONTH -> micros(date(at, zone).withDayOfMonth(1).plusMonths(1), zone);
            case TOTAL, NONE -> Long.MAX_VALUE;
        };
    }

    private static LocalDate date(long at, ZoneId zone) {
        return LocalDate.ofInstant(Instant.EPOCH.plus(at, ChronoUnit.MICROS), zone);
    }

    /** When the day begins: where clocks are set at midnight, that is an hour later, or the first of two midnights. */
    private static long micros(LocalDate day, ZoneId zone) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, day.atStartOfDay(zone).toInstant());
    }

    /** Those that users may name. */
    public static LimitPeriod parse(String field, String text) {
        LimitPeriod[] named = Arrays.stream(values()).filter(p -> p != NONE).toArray(LimitPeriod[]::new);
        return Words.parse(field, text, named, LimitPeriod::word);
    }
}
