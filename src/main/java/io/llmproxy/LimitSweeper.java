package io.llmproxy;

import io.llmproxy.domain.limit.Limit;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/** Drops counters that count nothing any more, twice a minute. */
final class LimitSweeper implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(30);

    private final Thread thread;

    /** @param limits those in force, by their ids */
    LimitSweeper(Counters counters, Supplier<Map<String, Limit>> limits) {
        thread = Thread.ofVirtual().name("limit-sweeper").start(() -> {
            try {
                while (true) {
                    Thread.sleep(PERIOD);
                    counters.sweep(limits.get());
                }
            } catch (InterruptedException e) {
                // the appliance stops
            }
        });
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
