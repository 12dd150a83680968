package io.llmproxy;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.runtime.Periodic;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/** Drops counters that count nothing any more, twice a minute. */
final class LimitSweeper implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(30);

    private final Periodic sweeping;

    /** @param limits those in force, by their ids */
    LimitSweeper(Counters counters, Supplier<Map<String, Limit>> limits) {
        sweeping = new Periodic(
                // no virtual one: it walks over a hundred thousand counters in one go
                Thread.ofPlatform().daemon().name("limit-sweeper"),
                PERIOD,
                () -> counters.sweep(limits.get()),
                "counters of limits that count nothing any more cannot be dropped, and take memory; tried again");
        sweeping.start();
    }

    @Override
    public void close() {
        sweeping.close();
    }
}
