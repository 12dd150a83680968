package io.llmproxy.adapter.provider.support;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Aborts what a blocking socket cannot time out by itself: writes and TLS handshakes. It rings once, on a virtual thread of
 * its own, when {@code progress} has not moved for a whole period or when the deadline has passed.
 */
final class Alarm implements AutoCloseable {
    private final LongSupplier progress;
    private final long periodNanos;
    private final Deadline deadline;
    private final Runnable action;
    private final AtomicBoolean over = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean rang;

    private Alarm(LongSupplier progress, long periodNanos, Deadline deadline, Runnable action) {
        this.progress = progress;
        this.periodNanos = periodNanos;
        this.deadline = deadline;
        this.action = action;
        this.thread = Thread.ofVirtual().name("upstream-alarm").unstarted(this::watch);
    }

    static Alarm set(LongSupplier progress, long periodNanos, Deadline deadline, Runnable action) {
        Alarm alarm = new Alarm(progress, periodNanos, deadline, action);
        alarm.thread.start();
        return alarm;
    }

    boolean rang() {
        return rang;
    }

    private void watch() {
        long seen = progress.getAsLong();
        while (!over.get()) {
            pause();
            long now = progress.getAsLong();
            if ((now == seen || deadline.passed()) && over.compareAndSet(false, true)) {
                rang = true;
                action.run();
            }
            seen = now;
        }
    }

    private void pause() {
        long end = System.nanoTime() + Math.max(0, Math.min(periodNanos, deadline.remainingNanos()));
        for (long left; !over.get() && (left = end - System.nanoTime()) > 0; ) {
            LockSupport.parkNanos(this, left);
        }
    }

    @Override
    public void close() {
        over.set(true);
        LockSupport.unpark(thread);
    }
}
