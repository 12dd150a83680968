package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.port.LimitLeases;
import io.llmproxy.port.LimitLeases.Ask;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** How a limit is shared out, and until when it counts what somebody held who is gone. */
final class ShareRule {
    private static final int SPARING = 8;

    private ShareRule() {}

    /**
     * How much more a process gets: what it needs, and ahead of need a part of what nobody holds, the smaller the less there is, so
     * that at the end everybody gets little and often. One that is alone gets most of it, and the next to come finds something.
     *
     * @param free what nobody holds; may be negative
     * @param least what a request waits for
     * @param more what it could use soon
     */
    static long grant(long free, long least, long more, int processes) {
        if (free <= 0 || least <= 0 && more <= 0) {
            return 0;
        }
        long ahead = processes <= 1 ? free - free / 4 : free / (2L * processes);
        long soon = Math.min(more, free / Math.max(1, processes));
        return Math.min(free, Math.max(least, Math.max(ahead, soon)));
    }

    /**
     * How much of a share may be used before the next word of it: what is used, what is wanted soon, and a little of the rest; all of
     * it where it is not to be sparing with.
     */
    static long sure(Ask ask, long inherited, long share) {
        if (!ask.limit().hard() || !LimitLeases.sparing(ask.limit())) {
            return share;
        }
        long used = ask.used() + inherited;
        long ahead = Math.max(ask.soon(), Math.max(0, share - used) / SPARING);
        return Math.min(share, Math.max(ask.sure() + inherited, used + ahead));
    }

    /** Whether what somebody held nothing more of after {@code at} counts for nothing now. */
    static boolean lapsed(Limit limit, Instant at, Instant now) {
        if (limit.metric() == LimitMetric.CONCURRENCY) {
            return !now.isBefore(at);
        }
        if (limit.period() == LimitPeriod.TOTAL) {
            return false;
        }
        long micros = ChronoUnit.MICROS.between(Instant.EPOCH, at);
        long end = limit.algorithm() == LimitAlgorithm.FIXED_WINDOW
                ? limit.period().end(micros, limit.zone())
                : micros + limit.period().micros();
        return ChronoUnit.MICROS.between(Instant.EPOCH, now) >= end;
    }
}
