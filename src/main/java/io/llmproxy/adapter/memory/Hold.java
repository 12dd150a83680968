package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;

/** What a reservation has taken of one counter. Written by the thread that reserves, before anybody else sees it. */
final class Hold implements Grant {
    private static final long SECOND = 1_000_000;

    private final Charge charge;
    private final Counter counter;
    private long stamp;
    private long remaining;
    private boolean passed;
    private long at;

    Hold(Charge charge, Counter counter) {
        this.charge = charge;
        this.counter = counter;
    }

    /** @param stamp the counter's own note of when it was */
    void taken(long stamp, long remaining, boolean passed, long at) {
        this.stamp = stamp;
        this.remaining = remaining;
        this.passed = passed;
        this.at = at;
    }

    Counter counter() {
        return counter;
    }

    long stamp() {
        return stamp;
    }

    @Override
    public Limit limit() {
        return charge.limit();
    }

    @Override
    public long amount() {
        return charge.amount();
    }

    @Override
    public long remaining() {
        return remaining;
    }

    @Override
    public long resetSeconds() {
        return seconds(counter.drained(limit(), at));
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
