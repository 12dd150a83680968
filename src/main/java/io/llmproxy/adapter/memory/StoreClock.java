package io.llmproxy.adapter.memory;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * The two clocks of counters, in microseconds: the machine's steady counter, from the wall clock at the start, which nobody sets; and
 * the wall clock, whose calendar windows of an hour and longer follow. Thread-safe.
 */
final class StoreClock {
    /** Less than this is what two clocks differ. */
    private static final long WAS_SET = 1_000_000;

    private final InstantSource wall;
    private final LongSupplier nanos;
    private final long originMicros;

    StoreClock(InstantSource wall, LongSupplier nanos) {
        this.wall = wall;
        this.nanos = nanos;
        this.originMicros = wall.millis() * 1000 - nanos.getAsLong() / 1000;
    }

    long steady() {
        return originMicros + nanos.getAsLong() / 1000;
    }

    long calendar() {
        return wall.millis() * 1000;
    }

    /** By how much the steady counter is ahead of the wall clock; nothing until that is set, so that segments of both begin at one time. */
    long ahead() {
        long ahead = steady() - calendar();
        return Math.abs(ahead) < WAS_SET ? 0 : ahead;
    }
}
