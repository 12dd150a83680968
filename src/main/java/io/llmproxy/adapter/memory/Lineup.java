package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Charges;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Dues;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The counters of limits that come together, as they were found last: so laid out that a request meets few places in memory, since
 * all that it met the last time has left the processor's caches meanwhile. What belongs to the limits one by one stands side by
 * side, and what must hold of all windows is looked at once. It says nothing new: whatever is not as usual is left to {@link
 * MemoryCounterStore}, which does the same with one counter after another. Only of limits that a process has for itself. Immutable; the making of
 * one lets the windows of this moment begin.
 */
final class Lineup {
    /** One bit for each. */
    private static final int MOST = Long.SIZE;

    private static final int NONE = 0;

    private final MemoryCounterStore store;
    private final int epoch;
    private final Limit[] limits;
    private final Counter[] counters;
    /** Null at an index: not a counter of windows. */
    private final WindowCounter.@Nullable Window[] windows;

    private final long[] @Nullable [] numbers;
    private final int[] places;
    private final long[] most;
    private final long[] near;
    private final long[] over;
    private final long hard;
    /** The moments of each clock at which all windows of that clock count. */
    private final long steadyFrom;

    private final long steadyUntil;
    private final long calendarFrom;
    private final long calendarUntil;
    private final boolean byCalendar;
    private final int scopes;
    private final int[] requests;
    private final int[] tokens;
    private final int[] settled;

    private Lineup(MemoryCounterStore store, int epoch, Dues dues, Counter[] counters, StoreClock clock) {
        this.store = store;
        this.epoch = epoch;
        this.counters = counters;
        int count = counters.length;
        limits = new Limit[count];
        windows = new WindowCounter.Window[count];
        numbers = new long[count][];
        places = new int[count];
        most = new long[count];
        near = new long[count];
        over = new long[count];
        long[] from = {Long.MIN_VALUE, Long.MIN_VALUE};
        long[] until = {Long.MAX_VALUE, Long.MAX_VALUE};
        boolean wall = false;
        long refusing = NONE;
        int bits = NONE;
        for (int i = 0; i < count; i++) {
            Limit limit = dues.get(i).limit();
            limits[i] = limit;
            most[i] = limit.amount();
            near[i] = limit.amount() - limit.tenth();
            refusing |= limit.hard() ? 1L << i : NONE;
            bits |= limit.mode() == LimitMode.SHADOW ? NONE : limit.scope().bit();
            if (counters[i] instanceof WindowCounter counter) {
                WindowCounter.Window window = counter.window(limit.steady() ? clock.steady() : clock.calendar());
                if (window == null) {
                    until[0] = Long.MIN_VALUE; // it is gone, and another one is not here yet
                    continue;
                }
                windows[i] = window;
                numbers[i] = window.numbers;
                places[i] = window.index;
                over[i] = counter.over(window);
                int which = limit.steady() ? 0 : 1;
                from[which] = Math.max(from[which], counter.from(window));
                until[which] = Math.min(until[which], window.end);
                wall |= !limit.steady();
            }
        }
        hard = refusing;
        scopes = bits;
        steadyFrom = from[0];
        steadyUntil = until[0];
        calendarFrom = from[1];
        calendarUntil = until[1];
        byCalendar = wall;
        requests = those(l -> l.mode() != LimitMode.SHADOW && l.metric() == LimitMetric.REQUESTS);
        tokens = those(l -> l.mode() != LimitMode.SHADOW && l.metric().tokens());
        settled = those(l -> l.metric() != LimitMetric.REQUESTS);
    }

    private int[] those(Predicate<Limit> which) {
        return IntStream.range(0, limits.length)
                .filter(i -> which.test(limits[i]))
                .toArray();
    }

    /**
     * The counters of limits that were charged a moment ago.
     *
     * @param epoch of the store, looked at before
     * @return null where there is one that its key alone does not find
     */
    static @Nullable Lineup of(MemoryCounterStore store, int epoch, Dues dues, StoreClock clock) {
        if (dues.size() > MOST) {
            return null;
        }
        Counter[] counters = new Counter[dues.size()];
        for (int i = 0; i < counters.length; i++) {
            CounterKey key = dues.get(i).key();
            if (key.found() instanceof Counter found
                    && found.in(store)
                    && found.fits(dues.get(i).limit())) {
                counters[i] = found;
            } else {
                return null;
            }
        }
        return new Lineup(store, epoch, dues, counters, clock);
    }

    /** Whether these are that store's counters still. */
    boolean of(MemoryCounterStore one, int now) {
        return store == one && epoch == now;
    }

    /** Takes all charges, or nothing where anything is not as usual: null, and how that comes is still to be found out. */
    @Nullable
    HeldTogether take(Charges charges, StoreClock clock) {
        long steady = clock.steady();
        if (steady < steadyFrom || steady >= steadyUntil) {
            return null;
        }
        long calendar = byCalendar ? clock.calendar() : 0;
        if (byCalendar && (calendar < calendarFrom || calendar >= calendarUntil)) {
            return null;
        }
        if (!room(charges)) {
            return null;
        }
        HeldTogether held = new HeldTogether(this, charges, clock, steady, calendar);
        for (int i = 0; i < counters.length; i++) {
            if (!take(held, i, charges.amount(i))) {
                held.giveBack(i);
                return null;
            }
        }
        return held;
    }

    /**
     * Whether no window is closed, and none lacks room; before anything is taken, so that who is refused costs others nothing. The numbers
     * come into the processor's caches by it, all at one time: each change that follows waits for what is before it.
     */
    private boolean room(Charges charges) {
        for (int i = 0; i < numbers.length; i++) {
            long[] row = numbers[i];
            if (row != null && !room(Cells.number(row, places[i]), charges.amount(i), i)) {
                return false;
            }
        }
        return true;
    }

    private boolean room(long number, long amount, int i) {
        return number >= 0 && (number + amount <= most[i] || (hard >>> i & 1) == 0);
    }

    private boolean take(HeldTogether held, int i, long amount) {
        long[] row = numbers[i];
        if (row == null) {
            Hold hold = new Hold(limits[i], amount, counters[i]);
            if (counters[i].take(hold, held.steady()) != Counter.Outcome.TAKEN) {
                return false;
            }
            held.took(i, hold);
            return true;
        }
        while (true) {
            long before = Cells.number(row, places[i]);
            if (!room(before, amount, i)) {
                return false;
            }
            if (Cells.change(row, places[i], before, before + amount)) {
                held.took(i, before + amount);
                return true;
            }
        }
    }

    /** Counts so much more, or less, of what was taken there from a window. */
    void correct(int i, long amount, long delta, StoreClock clock) {
        long[] row = numbers[i];
        WindowCounter.Window window = windows[i];
        if (row != null && window != null && !WindowCounter.add(row, places[i], delta)) {
            Hold hold = new Hold(limits[i], amount, counters[i]);
            hold.countedIn(window, 0);
            counters[i].correct(hold, delta, clock);
        }
    }

    Limit limit(int i) {
        return limits[i];
    }

    LimitMetric metric(int i) {
        return limits[i].metric();
    }

    boolean passed(int i, long used) {
        return used > most[i];
    }

    /** Whether less than a tenth is left. */
    boolean near(int i, long used) {
        return used > near[i];
    }

    long remaining(int i, long used) {
        return Math.max(0, most[i] - used);
    }

    /** Of a window: how long until nothing of it is used any more. */
    long lasts(int i, long steady, long calendar) {
        long end = over[i];
        return end == Long.MAX_VALUE ? end : end - (limits[i].steady() ? steady : calendar);
    }

    /** The scopes that clients may know of. */
    int scopes() {
        return scopes;
    }

    /** Limits of requests that clients may know of. */
    int[] requests() {
        return requests;
    }

    /** Limits of tokens that clients may know of. */
    int[] tokens() {
        return tokens;
    }

    /** Those whose use is known only at the end. */
    int[] settled() {
        return settled;
    }
}
