package io.llmproxy.adapter.http;

import java.time.Duration;

/** Since when one thread has been blocked in an operation of a connection; another one asks whether that is too long. */
final class Stall {
    private static final long NONE = Long.MIN_VALUE;

    private volatile long since = NONE;

    void begin() {
        since = System.nanoTime();
    }

    void end() {
        since = NONE;
    }

    boolean longerThan(Duration limit, long nowNanos) {
        long begun = since;
        return begun != NONE && nowNanos - begun > limit.toNanos();
    }
}
