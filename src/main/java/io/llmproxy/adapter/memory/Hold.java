package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import org.jspecify.annotations.Nullable;

/** What a reservation has taken of one counter. Written by the thread that reserves, before anybody else sees it. */
final class Hold implements Grant {
    private static final long SECOND = 1_000_000;

    private final Limit limit;
    private final LimitMetric metric;
    private final long amount;
    private final Counter counter;
    private final @Nullable Ceiling ceiling;
    private long stamp;
    private long used;
    private boolean passed;
    private long at;
    private WindowCounter.@Nullable Window window;
    private long drained;

    /** Of a limit that this process has for itself. */
    Hold(Limit limit, long amount, Counter counter) {
        this(limit, amount, counter, null);
    }

    /** @param ceiling that of the share when the reservation was tried; null: the whole limit is this process's own */
    Hold(Limit limit, long amount, Counter counter, @Nullable Ceiling ceiling) {
        this.limit = limit;
        this.metric = limit.metric();
        this.amount = amount;
        this.counter = counter;
        this.ceiling = ceiling;
    }

    /**
     * @param stamp the counter's own note of when it was
     * @param used by all, this one included
     */
    void taken(long stamp, long used, boolean passed, long at) {
        this.stamp = stamp;
        this.used = used;
        this.passed = passed;
        this.at = at;
    }

    /**
     * Where it was counted, for a counter of windows: that and how long it lasts are known without looking at the counter again, which
     * has left the processor's caches when the answer is there.
     *
     * @param drained how long until nothing is used any more, as {@link Counter#drained}
     */
    void countedIn(WindowCounter.Window window, long drained) {
        this.window = window;
        this.stamp = window.start;
        this.drained = drained;
    }

    /** Its counter counts so much more, or less, of it. */
    void correct(long delta, StoreClock clock) {
        if (delta != 0 && (window == null || !window.add(delta))) {
            counter.correct(this, delta, clock);
        }
    }

    /** Of its limit. */
    LimitMetric metric() {
        return metric;
    }

    long stamp() {
        return stamp;
    }

    /** What was used here when it was taken, itself included. */
    long used() {
        return used;
    }

    @Override
    public Limit limit() {
        return limit;
    }

    /** The limit with the amount that was this process's own when it was taken. */
    Limit local() {
        return ceiling == null ? limit : ceiling.local();
    }

    /** The amount that was this process's own when it was taken, at least 1. */
    long most() {
        return ceiling == null ? limit.amount() : ceiling.most();
    }

    /** Whether it takes its counter past the limit. What takes nothing has room in every hard limit, also in one that was overrun. */
    boolean passes(long after) {
        return after > most() && (amount > 0 || !limit.hard());
    }

    /** The limit with the amount that is this process's own now. */
    Limit pace() {
        Share share = counter.share();
        return share == null ? local() : share.ceiling().local();
    }

    @Override
    public long amount() {
        return amount;
    }

    @Override
    public long remaining() {
        long elsewhere = ceiling == null ? 0 : ceiling.elsewhere();
        return Math.max(0, limit.amount() - used - elsewhere);
    }

    @Override
    public long resetSeconds() {
        return seconds(window == null ? counter.drained(local(), at) : drained);
    }

    @Override
    public boolean passed() {
        return passed;
    }

    /** Rounded up; 0 for what never comes. */
    static long seconds(long micros) {
        return micros == Long.MAX_VALUE ? 0 : Math.max(1, Math.ceilDiv(micros, SECOND));
    }
}
