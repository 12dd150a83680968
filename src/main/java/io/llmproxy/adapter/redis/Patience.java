package io.llmproxy.adapter.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * The clock of the line: ends the waiting of requests that have waited long enough, and wakes the line when it is time. One thread does
 * it for all of them, by looking at what waits: a timer for each request would cost more than all else that is done for it. It is one of the
 * system's, so that it is on time when the virtual ones are held up.
 */
final class Patience implements AutoCloseable {
    /** A request may wait so much longer than it is to. */
    static final Duration TICK = Duration.ofMillis(5);

    private static final Logger LOG = System.getLogger(Patience.class.getName());
    private static final int QUIET_TICKS = 20;
    private static final long LATE = 3 * TICK.toNanos();

    private final Watched watched;
    private final Thread thread;
    private volatile boolean asleep;
    private volatile boolean closing;

    /** What it looks at; on its thread. */
    interface Watched {
        /** Whether nothing waits for anything but {@link #due}. */
        boolean quiet();

        /** When something is to be done next though nobody asks, of {@link System#nanoTime}. */
        long due();

        /** @param late whether it comes so late that the whole process must have stood still */
        void tick(long now, boolean late);
    }

    Patience(Watched watched) {
        this.watched = watched;
        this.thread = Thread.ofPlatform().daemon().name("redis-patience").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Something waits. */
    void begin() {
        if (asleep) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        int quietTicks = 0;
        while (!closing) {
            long began = System.nanoTime();
            LockSupport.parkNanos(this, TICK.toNanos());
            try {
                long now = System.nanoTime();
                watched.tick(now, now - began > LATE);
                quietTicks = watched.quiet() ? quietTicks + 1 : 0;
            } catch (RuntimeException e) {
                LOG.log(Level.ERROR, "a fault of the gateway while looking at what waits for Redis", e);
            }
            if (quietTicks >= QUIET_TICKS) {
                sleep();
                quietTicks = 0;
            }
        }
    }

    private void sleep() {
        asleep = true;
        long nanos = watched.due() - System.nanoTime();
        if (nanos > 0 && watched.quiet() && !closing) {
            LockSupport.parkNanos(this, nanos);
        }
        asleep = false;
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
    }
}
