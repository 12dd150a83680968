package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitPeriod;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * Counts from zero in each window of the calendar; also totals and what runs at one time, whose window has no end.
 *
 * <p>A wall clock can be set. Back by less than a minute is no change. Back into an earlier window takes along what was used, on top
 * of what that window had used before; forward again into the window that was left finds it as it was. So setting the clock to and
 * fro gives nobody anything; and as every window ends in its time, nobody is shut out for longer than one period.
 */
final class WindowCounter extends Counter {
    /** @param otherStart the window before this one, as the clock went; {@code otherUsed} was used in it */
    private record Window(long start, long end, long used, long otherStart, long otherUsed) {
        Window withUsed(long now) {
            return new Window(start, end, now, otherStart, otherUsed);
        }

        boolean retired() {
            return used < 0;
        }
    }

    private static final Window NEW = new Window(0, 0, 0, 0, 0);
    private static final Window RETIRED = new Window(0, 0, -1, 0, 0);

    /** The state is a field of the counter itself: one place in memory less that processors take from each other. */
    private static final AtomicReferenceFieldUpdater<WindowCounter, Window> STATE =
            AtomicReferenceFieldUpdater.newUpdater(WindowCounter.class, Window.class, "state");

    private final LimitPeriod period;
    private final ZoneId zone;
    /** A clock that was set back by less than this is taken to stand still. */
    private static final long TOLERANCE = 60_000_000L;

    private final boolean steady;
    private volatile Window state = NEW;

    WindowCounter(Limit limit) {
        period = limit.period();
        zone = limit.zone();
        steady = limit.steady();
    }

    private long tolerance() {
        return steady ? 0 : TOLERANCE;
    }

    @Override
    boolean fits(Limit limit) {
        return limit.algorithm() == LimitAlgorithm.FIXED_WINDOW
                && limit.period() == period
                && limit.zone().equals(zone);
    }

    @Override
    Outcome take(Hold hold, long now) {
        while (true) {
            Window before = state;
            if (before.retired()) {
                return Outcome.RETIRED;
            }
            Window window = at(before, now);
            long used = window.used + hold.amount();
            boolean passed = used > hold.most();
            if (passed && hold.limit().hard()) {
                // where the clock was set, what that did to the window is kept
                if (window.start == before.start || STATE.compareAndSet(this, before, window)) {
                    return Outcome.DENIED;
                }
                continue;
            }
            if (STATE.compareAndSet(this, before, window.withUsed(used))) {
                hold.taken(window.start, used, passed, now);
                return Outcome.TAKEN;
            }
        }
    }

    private Window at(Window window, long now) {
        if (now < window.end && now >= window.start) {
            return window;
        }
        boolean known = window.end > window.start;
        if (known && now < window.start && window.start - now <= tolerance()) {
            return window;
        }
        long start = period.start(now, zone);
        long end = period.end(now, zone);
        if (!known) {
            return new Window(start, end, 0, start, 0);
        }
        long before = window.otherStart == start ? window.otherUsed : 0;
        long used = now >= window.end ? before : before + window.used;
        return new Window(start, end, used, window.start, window.used);
    }

    @Override
    void correct(Hold hold, long delta, long now) {
        while (true) {
            Window before = state;
            Window after = corrected(before, hold.stamp(), delta);
            if (after.equals(before) || STATE.compareAndSet(this, before, after)) {
                return;
            }
        }
    }

    private static Window corrected(Window window, long stamp, long delta) {
        if (window.retired()) {
            return window;
        }
        // a window before that of the hold has taken it along when the clock was set back
        long used = window.start <= stamp ? Math.max(0, window.used + delta) : window.used;
        boolean other = window.otherStart == stamp && window.start != stamp;
        long otherUsed = other ? Math.max(0, window.otherUsed + delta) : window.otherUsed;
        return new Window(window.start, window.end, used, window.otherStart, otherUsed);
    }

    @Override
    boolean seed(Limit limit, long amount, long now) {
        while (true) {
            Window before = state;
            if (before.retired()) {
                return false;
            }
            Window window = at(before, now);
            if (STATE.compareAndSet(this, before, window.withUsed(Math.max(window.used, amount)))) {
                return true;
            }
        }
    }

    @Override
    long used(Limit limit, long now) {
        return at(state, now).used;
    }

    @Override
    long wait(Limit limit, long amount, long now) {
        if (period == LimitPeriod.NONE) {
            return 1;
        }
        Window window = at(state, now);
        return window.end == Long.MAX_VALUE ? Long.MAX_VALUE : window.end - now;
    }

    @Override
    long drained(Limit limit, long now) {
        return wait(limit, 0, now);
    }

    @Override
    boolean retire(Limit limit, long now) {
        Window window = state;
        boolean over = now - tolerance() >= window.end;
        boolean idle = period.ends() ? over : window.used == 0;
        return idle && !window.retired() && STATE.compareAndSet(this, window, RETIRED);
    }
}
