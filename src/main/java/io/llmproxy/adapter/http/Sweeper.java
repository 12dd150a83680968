package io.llmproxy.adapter.http;

import java.time.Duration;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A thread that looks at a listener's connections ten times a second. */
final class Sweeper implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofMillis(100);

    private final String name;
    private final LongConsumer sweep;
    private volatile @Nullable Thread thread;

    /** @param sweep is given the time, as {@link System#nanoTime} tells it */
    Sweeper(String name, LongConsumer sweep) {
        this.name = name;
        this.sweep = sweep;
    }

    void start() {
        thread = Thread.ofPlatform().daemon().name(name).start(this::run);
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.sleep(PERIOD);
                sweep.accept(System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
