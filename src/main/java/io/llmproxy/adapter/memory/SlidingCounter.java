package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.PastUse;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

/**
 * Counts the present segment of the period and those before it, by a clock that nobody sets.
 */
final class SlidingCounter extends Counter {
    private static final class Segments {
        /** The number of the newest segment, which stands last. */
        final long latest;

        final long[] counts;
        final long sum;

        Segments(long latest, long[] counts, long sum) {
            this.latest = latest;
            this.counts = counts;
            this.sum = sum;
        }

        static Segments empty(long latest, int segments) {
            return new Segments(latest, new long[segments], 0);
        }

        Segments shifted(long by, long to) {
            long[] next = new long[counts.length];
            if (by < counts.length) {
                System.arraycopy(counts, (int) by, next, 0, counts.length - (int) by);
            }
            return new Segments(to, next, Arrays.stream(next).sum());
        }

        Segments with(int index, long delta) {
            long[] next = counts.clone();
            long before = next[index];
            next[index] = Math.max(0, before + delta);
            return new Segments(latest, next, sum + next[index] - before);
        }

        boolean retired() {
            return sum < 0;
        }
    }

    private static final Segments RETIRED = new Segments(Long.MIN_VALUE, new long[0], -1);

    /** The state is a field of the counter itself: one place in memory less that processors take from each other. */
    private static final AtomicReferenceFieldUpdater<SlidingCounter, Segments> STATE =
            AtomicReferenceFieldUpdater.newUpdater(SlidingCounter.class, Segments.class, "state");

    private final LimitPeriod period;
    private final int segments;
    private final long length;
    private volatile Segments state;

    SlidingCounter(Limit limit) {
        period = limit.period();
        segments = limit.segments();
        length = period.micros() / segments;
        state = Segments.empty(Long.MIN_VALUE, segments);
    }

    @Override
    boolean fits(Limit limit) {
        return limit.algorithm() == LimitAlgorithm.SLIDING_WINDOW
                && limit.period() == period
                && limit.segments() == segments;
    }

    @Override
    Outcome take(Hold hold, long now) {
        while (true) {
            Segments before = state;
            if (before.retired()) {
                return Outcome.RETIRED;
            }
            Segments current = at(before, now);
            long used = current.sum + hold.amount();
            boolean passed = hold.passes(used);
            if (passed && hold.limit().hard()) {
                return Outcome.DENIED;
            }
            if (STATE.compareAndSet(this, before, current.with(segments - 1, hold.amount()))) {
                hold.taken(current.latest, used, passed, now);
                return Outcome.TAKEN;
            }
        }
    }

    private Segments at(Segments known, long now) {
        long number = Math.floorDiv(now, length);
        if (number == known.latest) {
            return known;
        }
        if (known.latest == Long.MIN_VALUE) {
            return Segments.empty(number, segments);
        }
        // another thread may have looked at the clock a little later
        return number > known.latest ? known.shifted(number - known.latest, number) : known;
    }

    @Override
    void correct(Hold hold, long delta, StoreClock clock) {
        long now = clock.steady();
        while (true) {
            Segments before = state;
            if (before.retired()) {
                return;
            }
            Segments current = at(before, now);
            long age = Math.max(0, current.latest - hold.stamp());
            if (age >= segments || STATE.compareAndSet(this, before, current.with(segments - 1 - (int) age, delta))) {
                return;
            }
        }
    }

    /** In the segments of its time. */
    @Override
    boolean recall(PastUse past, boolean onTop, Limit limit, long now) {
        if (past.parts().isEmpty()) {
            return super.recall(past, onTop, limit, now);
        }
        while (true) {
            Segments before = state;
            if (before.retired()) {
                return false;
            }
            Segments current = at(before, now);
            long[] counts = segments(past, current.latest);
            for (int i = 0; i < segments; i++) {
                counts[i] = onTop ? current.counts[i] + counts[i] : Math.max(current.counts[i], counts[i]);
            }
            Segments next =
                    new Segments(current.latest, counts, Arrays.stream(counts).sum());
            if (STATE.compareAndSet(this, before, next)) {
                return true;
            }
        }
    }

    /** What was used where a slice of time is in two segments counts in the later one, so that it never leaves too early. */
    private long[] segments(PastUse past, long latest) {
        long[] counts = new long[segments];
        for (PastUse.Part part : past.parts()) {
            long age = latest - Math.min(latest, Math.floorDiv(part.until() - 1, length));
            if (age < segments) {
                counts[segments - 1 - (int) age] += part.amount();
            }
        }
        return counts;
    }

    @Override
    boolean seed(Limit limit, long amount, long now) {
        while (true) {
            Segments before = state;
            if (before.retired()) {
                return false;
            }
            Segments current = at(before, now);
            if (STATE.compareAndSet(this, before, current.with(segments - 1, Math.max(0, amount - current.sum)))) {
                return true;
            }
        }
    }

    @Override
    long used(Limit limit, long now) {
        return at(state, now).sum;
    }

    @Override
    long wait(Limit limit, long amount, long now) {
        Segments current = at(state, now);
        long needed = current.sum + amount - limit.amount();
        for (int i = 0; i < segments && needed > 0; i++) {
            needed -= current.counts[i];
            if (needed <= 0 || i == segments - 1) {
                return dropped(current, i, now);
            }
        }
        return 1;
    }

    @Override
    long drained(Limit limit, long now) {
        Segments current = at(state, now);
        for (int i = segments - 1; i >= 0; i--) {
            if (current.counts[i] > 0) {
                return dropped(current, i, now);
            }
        }
        return 1;
    }

    /** How long until the segment at the index leaves the period. */
    private long dropped(Segments current, int index, long now) {
        return Math.max(1, (current.latest + index + 1) * length - now);
    }

    @Override
    boolean retire(Limit limit, long now) {
        Segments known = state;
        return !known.retired() && at(known, now).sum == 0 && STATE.compareAndSet(this, known, RETIRED);
    }
}
