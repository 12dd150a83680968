package io.llmproxy.adapter.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;

/**
 * Ends the waiting of requests that have waited long enough. One thread does it for all of them, by looking at what waits: a timer
 * for each request would cost more than all else that is done for it.
 */
final class Patience implements AutoCloseable {
    /** A request may wait so much longer than it is to. */
    static final Duration TICK = Duration.ofMillis(5);

    private static final Logger LOG = System.getLogger(Patience.class.getName());
    private static final int QUIET_TICKS = 20;

    private final BooleanSupplier quiet;
    private final LongConsumer expire;
    private final Thread thread;
    private volatile boolean asleep;
    private volatile boolean closing;

    /**
     * Who waits for what.
     *
     * @param quiet whether nobody waits
     * @param expire ends the waiting of those whose time is over by then, of {@link System#nanoTime}
     */
    Patience(BooleanSupplier quiet, LongConsumer expire) {
        this.quiet = quiet;
        this.expire = expire;
        this.thread = Thread.ofPlatform().daemon().name("redis-patience").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Somebody waits. */
    void begin() {
        if (asleep) {
            LockSupport.unpark(thread);
        }
    }

    private void run() {
        int quietTicks = 0;
        while (!closing) {
            LockSupport.parkNanos(this, TICK.toNanos());
            try {
                expire.accept(System.nanoTime());
                quietTicks = quiet.getAsBoolean() ? quietTicks + 1 : 0;
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
        if (quiet.getAsBoolean() && !closing) {
            LockSupport.park(this);
        }
        asleep = false;
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
    }
}
