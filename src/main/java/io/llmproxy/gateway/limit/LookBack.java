package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitPeriod;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * How the past of limits that follow no calendar is looked at: in slices of time, of which each counts as if all of it were used at its
 * end. So what is found is never less than what was used, and more by one slice at most.
 *
 * @param now when it is looked at
 */
record LookBack(Instant now) {
    /** What is left in a bucket of the time before is known better the further one looks back. */
    static final int PERIODS_OF_BUCKETS = 2;

    /** Whether what a limit counts moves on with every moment. */
    static boolean needs(Limit limit) {
        return limit.algorithm() != LimitAlgorithm.FIXED_WINDOW;
    }

    /** A sixtieth of an hour, a month; days have their hours, whose sums are kept. */
    static Duration width(LimitPeriod period) {
        return switch (period) {
            case SECOND, MINUTE -> Duration.ofSeconds(1);
            case HOUR -> Duration.ofMinutes(1);
            case DAY -> Duration.ofHours(1);
            case MONTH -> Duration.ofHours(12);
            case TOTAL, NONE -> throw new IllegalArgumentException(period + " never ends");
        };
    }

    static int periods(Limit limit) {
        return limit.algorithm() == LimitAlgorithm.TOKEN_BUCKET ? PERIODS_OF_BUCKETS : 1;
    }

    /** Where the slice begins in which the time begins that is looked at. */
    Instant from(LimitPeriod period, int periods) {
        return slice(now.minus(periods * period.micros(), ChronoUnit.MICROS), period);
    }

    /** Where the slice of a moment begins. */
    static Instant slice(Instant at, LimitPeriod period) {
        long width = width(period).toSeconds();
        return Instant.ofEpochSecond(Math.floorDiv(at.getEpochSecond(), width) * width);
    }

    /** When a slice is over, in microseconds; that which is not yet ends now. */
    long until(Instant begin, LimitPeriod period) {
        Instant end = begin.plus(width(period));
        return micros(end.isAfter(now) ? now : end);
    }

    long micros() {
        return micros(now);
    }

    static long micros(Instant at) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, at);
    }
}
