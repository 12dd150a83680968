package io.llmproxy.gateway.stage;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at all event streams now and then, on one thread that lives while there are any, and has a comment written where one has
 * been silent too long: each on a virtual thread of its own, since a client that does not read blocks it. Thread-safe.
 */
final class SilenceWatch {
    private static final long LONGEST_PAUSE = Duration.ofSeconds(1).toNanos();
    private static final int LOOKS_PER_INTERVAL = 4;

    private final long interval;
    private final Set<KeepAliveSink> streams = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean watching = new AtomicBoolean();

    SilenceWatch(Duration interval) {
        this.interval = interval.toNanos();
    }

    void add(KeepAliveSink stream) {
        streams.add(stream);
        if (watching.compareAndSet(false, true)) {
            Thread.ofVirtual().name("sse-keep-alive").start(this::watch);
        }
    }

    void remove(KeepAliveSink stream) {
        streams.remove(stream);
    }

    private void watch() {
        long pause = Math.min(LONGEST_PAUSE, interval / LOOKS_PER_INTERVAL + 1);
        do {
            while (!streams.isEmpty()) {
                LockSupport.parkNanos(pause);
                long now = System.nanoTime();
                streams.forEach(stream -> look(stream, now));
            }
            watching.set(false);
            // one that was added in between found the watch going on
        } while (!streams.isEmpty() && watching.compareAndSet(false, true));
    }

    private void look(KeepAliveSink stream, long now) {
        if (stream.silence(now) >= interval && stream.claim()) {
            Thread.ofVirtual().name("sse-keep-alive-comment").start(stream::comment);
        }
    }
}
