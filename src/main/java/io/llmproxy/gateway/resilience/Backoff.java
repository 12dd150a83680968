package io.llmproxy.gateway.resilience;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait before a retry: twice as long each time, and each by chance, so that clients that failed together come apart. */
public final class Backoff {
    /** No retry waits longer, and a provider that asks for more is not waited for. */
    public static final Duration LONGEST = Duration.ofSeconds(2);

    private static final long FIRST_NANOS = 100_000_000L;

    private Backoff() {}

    /**
     * Nanoseconds, between half of the step and all of it.
     *
     * @param round of retries, the first is 0
     */
    public static long nanos(int round, RandomGenerator random) {
        long step = Math.min(FIRST_NANOS << Math.min(round, 10), LONGEST.toNanos());
        return step / 2 + random.nextLong(step / 2);
    }
}
