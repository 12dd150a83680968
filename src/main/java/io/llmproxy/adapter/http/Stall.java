package io.llmproxy.adapter.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Since when one thread has been blocked in an operation of a connection; another one asks whether that is too long. */
final class Stall {
    private static final long NONE = Long.MIN_VALUE;

    private final AtomicLong since = new AtomicLong(NONE);

    void begin() {
        since.setRelease(System.nanoTime());
    }

    void end() {
        since.setRelease(NONE);
    }

    /** 0: it is not blocked. */
    long nanos(long nowNanos) {
        long begun = since.get();
        return begun == NONE ? 0 : nowNanos - begun;
    }

    boolean longerThan(Duration limit, long nowNanos) {
        long begun = since.get();
        return begun != NONE && nowNanos - begun > limit.toNanos();
    }
}
