package io.llmproxy.adapter.provider.support;

import io.llmproxy.runtime.Periodic;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Ends reads that take too long by closing their connection. A socket's own timeout would put a virtual thread on the timer
 * queue of the whole process and take it off again for each read of each answer; this looks at the connections twenty times
 * a second instead, so that a timeout comes up to 50 ms late. One virtual thread, while there are connections. Thread-safe.
 */
public final class ReadSweeper {
    private static final Duration PERIOD = Duration.ofMillis(50);
    private static final Duration LATE = PERIOD.multipliedBy(3);

    private final Set<UpstreamConnection> live = ConcurrentHashMap.newKeySet();
    private volatile long lastRound;
    private volatile boolean passedOver;
    private final AtomicReference<@Nullable Periodic> sweeper = new AtomicReference<>();

    void add(UpstreamConnection connection) {
        live.add(connection);
        startWhereNoneRuns();
    }

    void remove(UpstreamConnection connection) {
        live.remove(connection);
    }

    private void startWhereNoneRuns() {
        if (sweeper.get() == null) {
            Periodic sweeping = new Periodic(
                    Thread.ofVirtual().name("upstream-reads"),
                    PERIOD,
                    this::sweep,
                    "reads of providers' answers that take too long are not ended; tried again");
            if (sweeper.compareAndSet(null, sweeping)) {
                lastRound = System.nanoTime();
                sweeping.start();
            }
        }
    }

    private void sweep() {
        if (live.isEmpty()) {
            stop();
        }
        long now = System.nanoTime();
        // where this thread had to wait for a carrier so had those that read, and what they wait for may have come
        passedOver = !passedOver && now - lastRound > LATE.toNanos();
        lastRound = now;
        if (passedOver) {
            return;
        }
        live.forEach(connection -> connection.endOverdueRead(now));
    }

    /** By the thread itself. */
    private void stop() {
        Periodic running = sweeper.getAndSet(null);
        if (running != null) {
            running.close();
        }
        // one may have come between the last look and the line above
        if (!live.isEmpty()) {
            startWhereNoneRuns();
        }
    }
}
