package io.llmproxy.adapter.provider.support;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A moment on the monotonic clock, or none at all. */
record Deadline(long atNanos, boolean bounded) {
    static final Deadline NONE = new Deadline(0, false);

    static Deadline in(@Nullable Duration duration) {
        return duration == null ? NONE : new Deadline(System.nanoTime() + duration.toNanos(), true);
    }

    long remainingNanos() {
        return bounded ? atNanos - System.nanoTime() : Long.MAX_VALUE;
    }

    /** For a socket option, where 0 would mean for ever: rounded up, at least 1. */
    int remainingMillis() {
        return Math.clamp(remainingNanos() / 1_000_000 + 1, 1, Integer.MAX_VALUE);
    }

    boolean passed() {
        return bounded && remainingNanos() <= 0;
    }

    Deadline earlier(Deadline other) {
        return other.remainingNanos() < remainingNanos() ? other : this;
    }
}
