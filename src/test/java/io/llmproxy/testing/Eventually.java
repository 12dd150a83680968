package io.llmproxy.testing;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what will be so, with a bound and a message. */
public final class Eventually {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private Eventually() {}

    /**
     * Returns as soon as it holds; within a minute, however slow the machine is.
     *
     * @param what what is waited for, as the failure says it
     */
    public static void holds(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError("waited a minute for: " + what);
            }
            Thread.sleep(2);
        }
    }
}
