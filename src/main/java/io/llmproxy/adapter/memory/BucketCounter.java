package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.Pace;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * What was used flows off at the limit's pace: its amount in a period. Kept is what is used, not what is left, so that a raised
 * limit holds at once. Whole units flow off, the time for a part of one is kept, and every rounding is to the limit's side. The
 * clock is one that nobody sets.
 */
final class BucketCounter extends Counter {
    private record Level(long used, long at) {
        boolean retired() {
            return used < 0;
        }
    }

    private static final Level NEW = new Level(0, Long.MIN_VALUE);
    private static final Level RETIRED = new Level(-1, Long.MIN_VALUE);

    /** The state is a field of the counter itself: one place in memory less that processors take from each other. */
    private static final AtomicReferenceFieldUpdater<BucketCounter, Level> STATE =
            AtomicReferenceFieldUpdater.newUpdater(BucketCounter.class, Level.class, "state");

    private final LimitPeriod period;
    private volatile Level state = NEW;

    BucketCounter(Limit limit) {
        period = limit.period();
    }

    @Override
    boolean fits(Limit limit) {
        return limit.algorithm() == LimitAlgorithm.TOKEN_BUCKET && limit.period() == period;
    }

    @Override
    Outcome take(Hold hold, long now) {
        while (true) {
            Level before = state;
            if (before.retired()) {
                return Outcome.RETIRED;
            }
            Level level = at(before, hold.local(), now);
            long used = level.used + hold.amount();
            boolean passed = hold.passes(used);
            if (passed && hold.limit().hard()) {
                return Outcome.DENIED;
            }
            if (STATE.compareAndSet(this, before, new Level(used, level.at))) {
                hold.taken(now, used, passed, now);
                return Outcome.TAKEN;
            }
        }
    }

    private static Level at(Level level, Limit limit, long now) {
        if (level.used == 0) {
            return new Level(0, now);
        }
        if (now <= level.at) {
            return level; // another thread looked at the clock a little later
        }
        long flowed = Pace.flow(limit, now - level.at);
        return flowed >= level.used
                ? new Level(0, now)
                : new Level(level.used - flowed, level.at + Pace.timeFor(limit, flowed));
    }

    /** What has flowed off since is not given back again: others have had it. */
    @Override
    void correct(Hold hold, long delta, StoreClock clock) {
        long now = clock.steady();
        while (true) {
            Level before = state;
            if (before.retired()) {
                return;
            }
            Limit pace = hold.pace();
            Level level = at(before, pace, now);
            long flowed = delta < 0 ? Pace.flow(pace, Math.max(0, now - hold.stamp())) : 0;
            long change = delta < 0 ? Math.min(0, delta + flowed) : delta;
            if (STATE.compareAndSet(this, before, new Level(Math.max(0, level.used + change), level.at))) {
                return;
            }
        }
    }

    @Override
    boolean seed(Limit limit, long amount, long now) {
        while (true) {
            Level before = state;
            if (before.retired()) {
                return false;
            }
            Level level = at(before, limit, now);
            if (STATE.compareAndSet(this, before, new Level(Math.max(level.used, amount), level.at))) {
                return true;
            }
        }
    }

    @Override
    long used(Limit limit, long now) {
        return at(state, limit, now).used;
    }

    @Override
    long wait(Limit limit, long amount, long now) {
        Level level = at(state, limit, now);
        long excess = level.used + amount - limit.amount();
        return excess <= 0 ? 1 : Math.max(1, Pace.timeFor(limit, Math.min(excess, level.used)) - (now - level.at));
    }

    @Override
    long drained(Limit limit, long now) {
        Level level = at(state, limit, now);
        return Math.max(1, Pace.timeFor(limit, level.used) - (now - level.at));
    }

    @Override
    boolean retire(Limit limit, long now) {
        Level level = state;
        return !level.retired() && at(level, limit, now).used == 0 && STATE.compareAndSet(this, level, RETIRED);
    }
}
