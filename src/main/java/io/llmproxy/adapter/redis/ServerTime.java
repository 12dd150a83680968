package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitPeriod;
import java.util.function.LongSupplier;

/**
 * What time it is on the server, as far as one can tell here: enough to name the present window of a calendar, which scripts
 * cannot work out; a wrong guess is corrected by them. Thread-safe.
 */
final class ServerTime {
    /** What scripts take for "never": the greatest whole number that they count exactly. */
    private static final long NEVER = (1L << 53) - 1;

    /** More than this is a clock that is wrong. */
    private static final long DIFFERS = 1_000_000;

    private final LongSupplier micros;
    private final boolean given;
    private volatile long ahead;

    /** @param given whether scripts are to count by this time, as tests want it, and not by the server's own */
    ServerTime(LongSupplier micros, boolean given) {
        this.micros = micros;
        this.given = given;
    }

    /** What scripts are told: 0 is the server's own time. */
    long told() {
        return given ? micros.getAsLong() : 0;
    }

    long now() {
        return micros.getAsLong() + ahead;
    }

    /** What the server's clock said at that moment of this machine's, which are the same but for what two clocks differ. */
    long of(long at) {
        return Math.abs(ahead) < DIFFERS ? at : at + ahead;
    }

    void server(long now) {
        if (!given) {
            ahead = now - micros.getAsLong();
        }
    }

    /** The start of the window that a limit's counter is in; 0 where that has no beginning. */
    static long start(Limit limit, long now) {
        return calendar(limit) ? limit.period().start(now, limit.zone()) : 0;
    }

    static long end(Limit limit, long now) {
        return calendar(limit) ? limit.period().end(now, limit.zone()) : NEVER;
    }

    private static boolean calendar(Limit limit) {
        return limit.period() == LimitPeriod.DAY || limit.period() == LimitPeriod.MONTH;
    }
}
