package io.llmproxy;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.runtime.Snapshots;
import java.time.Duration;

/** Drops counters that count nothing any more, twice a minute. */
final class LimitSweeper implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(30);

    private final Thread thread;

    LimitSweeper(MemoryCounterStore counters, Snapshots snapshots) {
        thread = Thread.ofVirtual().name("limit-sweeper").start(() -> {
            try {
                while (true) {
                    Thread.sleep(PERIOD);
                    counters.sweep(snapshots.current().limits().byId());
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
