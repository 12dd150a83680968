package io.llmproxy.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A bound on time, on a machine that may hold up any one try for as long as it likes: one of some tries must keep it. What is
 * slow by itself keeps it in none.
 */
public final class Quickest {
    private static final int TRIES = 8;

    private Quickest() {}

    /** Does it once and says how long it took. */
    @FunctionalInterface
    public interface Try {
        Duration run() throws Exception;
    }

    /** Tries until one is shorter than {@code bound}. */
    public static void within(Duration bound, Try once) throws Exception {
        List<Duration> taken = new ArrayList<>();
        while (taken.size() < TRIES) {
            Duration duration = once.run();
            if (duration.compareTo(bound) < 0) {
                return;
            }
            taken.add(duration);
        }
        throw new AssertionError("not once within " + bound + ": " + taken);
    }
}
