package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitPeriod;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Counts from zero in each window of the calendar; also totals and what runs at one time, whose window has no end.
 *
 * <p>A wall clock can be set. Back by less than a minute is no change. Back into an earlier window takes along what was used, on top
 * of what that window had used before; forward again into the window that was left finds it as it was. So setting the clock to and
 * fro gives nobody anything; and as every window ends in its time, nobody is shut out for longer than one period.
 *
 * <p>What is used of a window is counted in place. A window is closed, for good, before another takes its place, so that the other
 * begins with all that was counted; whoever finds a closed window puts the other there himself and waits for nobody.
 */
final class WindowCounter extends Counter {
    /** Its number is what was used; the complement of that, which is negative, once it is closed. */
    static final class Window extends Cells.Cell {
        final long start;
        final long end;
        /** The window before this one, as the clock went. */
        final long otherStart;

        final long otherUsed;

        Window(Cells cells, long start, long end, long used, long otherStart, long otherUsed) {
            super(cells, used);
            this.start = start;
            this.end = end;
            this.otherStart = otherStart;
            this.otherUsed = otherUsed;
        }

        boolean closed() {
            return number() < 0;
        }

        long used() {
            long number = number();
            return number < 0 ? ~number : number;
        }

        /** Counts so much more, or less, but not less than nothing; false where it is closed, and nothing has changed. */
        boolean add(long delta) {
            return WindowCounter.add(numbers, index, delta);
        }

        /** Its number stays as it is from now on. */
        Window close() {
            for (long used = number(); used >= 0; used = number()) {
                change(used, ~used);
            }
            return this;
        }

        Window with(Cells cells, long nowUsed, long nowOther) {
            return new Window(cells, start, end, nowUsed, otherStart, nowOther);
        }
    }

    private static final Window NEW = new Window(new Cells(), 0, 0, 0, 0, 0).close();
    private static final Window RETIRED = new Window(new Cells(), 0, 0, 0, 0, 0).close();
    /** A clock that was set back by less than this is taken to stand still. */
    private static final long TOLERANCE = 60_000_000L;

    private static final AtomicReferenceFieldUpdater<WindowCounter, Window> STATE =
            AtomicReferenceFieldUpdater.newUpdater(WindowCounter.class, Window.class, "state");

    private final LimitPeriod period;
    private final ZoneId zone;
    private final boolean steady;
    private final Cells cells;
    private volatile Window state = NEW;

    WindowCounter(Limit limit, Cells cells) {
        this.cells = cells;
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
            Window window = open(now);
            if (window == RETIRED) {
                return Outcome.RETIRED;
            }
            long before = window.number();
            long used = before + hold.amount();
            boolean passed = hold.passes(used);
            if (before >= 0 && passed && hold.limit().hard()) {
                return Outcome.DENIED;
            }
            if (before >= 0 && window.change(before, used)) {
                hold.taken(window.start, used, passed, now);
                hold.countedIn(window, left(window.end, now));
                return Outcome.TAKEN;
            }
        }
    }

    /** The same for the window whose number stands there. */
    static boolean add(long[] numbers, int index, long delta) {
        for (long used = Cells.number(numbers, index); used >= 0; used = Cells.number(numbers, index)) {
            if (Cells.change(numbers, index, used, Math.max(0, used + delta))) {
                return true;
            }
        }
        return false;
    }

    /** When nothing of a window is used any more; what runs at one time is over soon. {@link Long#MAX_VALUE}: never by time alone. */
    long over(Window window) {
        return period == LimitPeriod.NONE ? 0 : window.end;
    }

    /** The window of that moment, open when it was looked at; null: it is retired. */
    @Nullable
    Window window(long now) {
        Window open = open(now);
        return open == RETIRED ? null : open;
    }

    /** From when on a window counts, by a clock that may be set back a little. */
    long from(Window window) {
        return window.start - (window.end > window.start ? tolerance() : 0);
    }

    /** The window of that moment, open when it was looked at; or {@link #RETIRED}. */
    private Window open(long now) {
        while (true) {
            Window known = state;
            if (known == RETIRED || covers(known, now) && !known.closed()) {
                return known;
            }
            Window next = at(known.close(), now);
            replace(known, next);
        }
    }

    /** @param closed no change of it can be lost */
    private boolean replace(Window closed, Window next) {
        return STATE.compareAndSet(this, closed, next);
    }

    private boolean covers(Window window, long now) {
        return now < window.end && now >= from(window);
    }

    /** What a window becomes with the time: itself, another one of its own, or the one that follows. */
    private Window at(Window window, long now) {
        long used = window.used();
        if (covers(window, now)) {
            return window.with(cells, used, window.otherUsed);
        }
        long start = period.start(now, zone);
        long end = period.end(now, zone);
        if (window.end == window.start) {
            return new Window(cells, start, end, 0, start, 0);
        }
        long before = window.otherStart == start ? window.otherUsed : 0;
        return new Window(cells, start, end, now >= window.end ? before : before + used, window.start, used);
    }

    @Override
    void correct(Hold hold, long delta, StoreClock clock) {
        while (true) {
            Window known = state;
            // a window before that of the hold has taken it along when the clock was set back
            boolean own = known.start <= hold.stamp();
            boolean other = known.otherStart == hold.stamp() && known.start != hold.stamp();
            if (known == RETIRED || !own && !other) {
                return;
            }
            if (other || !known.add(delta)) {
                long last = known.close().used();
                long otherUsed = other ? Math.max(0, known.otherUsed + delta) : known.otherUsed;
                if (replace(known, known.with(cells, own ? Math.max(0, last + delta) : last, otherUsed))) {
                    return;
                }
            } else {
                return;
            }
        }
    }

    @Override
    boolean seed(Limit limit, long amount, long now) {
        while (true) {
            Window window = open(now);
            if (window == RETIRED) {
                return false;
            }
            long used = window.number();
            if (used >= 0 && window.change(used, Math.max(used, amount))) {
                return true;
            }
        }
    }

    @Override
    long used(Limit limit, long now) {
        Window known = state;
        return covers(known, now) ? known.used() : at(known, now).used();
    }

    @Override
    long wait(Limit limit, long amount, long now) {
        Window known = state;
        return left(covers(known, now) ? known.end : period.end(now, zone), now);
    }

    /** How long a window that ends then lasts; what runs at one time is over soon. */
    private long left(long end, long now) {
        return period == LimitPeriod.NONE ? 1 : end == Long.MAX_VALUE ? Long.MAX_VALUE : end - now;
    }

    @Override
    long drained(Limit limit, long now) {
        return wait(limit, 0, now);
    }

    @Override
    boolean retire(Limit limit, long now) {
        Window known = state;
        if (known == RETIRED) {
            return false;
        }
        if (period.ends()) {
            boolean over = now - tolerance() >= known.end;
            return over && replace(known.close(), RETIRED);
        }
        boolean idle = known.change(0, ~0L) || known.number() == ~0L;
        return idle && replace(known, RETIRED);
    }
}
