package io.llmproxy.gateway.usage;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A virtual thread that does its round again and again, and waits after each as long as the round said, unless it is woken.
 * One last round is done when it is closed.
 */
public final class Rounds {
    private final Thread.Builder threads;
    private final Supplier<Duration> round;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // guarded by lock, as are the four fields below
    private @Nullable Thread thread;
    private boolean woken;
    private boolean closed;
    private long begun;
    private long ended;

    /**
     * On a virtual thread.
     *
     * @param round does the work and says how long to wait; what it throws ends the thread
     */
    public Rounds(String name, Supplier<Duration> round) {
        this(Thread.ofVirtual().name(name), round);
    }

    /** @param threads makes the thread: one of the system for work that computes for long, and would keep its carrier from others */
    public Rounds(Thread.Builder threads, Supplier<Duration> round) {
        this.threads = threads;
        this.round = round;
    }

    public void start() {
        lock.lock();
        try {
            if (thread == null && !closed) {
                thread = threads.start(this::run);
            }
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            repeat();
        } finally {
            lock.lock();
            try {
                thread = null;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void repeat() {
        boolean last;
        do {
            last = begin();
            Duration pause = Duration.ZERO;
            try {
                pause = round.get();
            } finally {
                end();
            }
            if (!last) {
                pause(pause);
            }
        } while (!last);
    }

    /** Whether the round that begins is the last. */
    private boolean begin() {
        lock.lock();
        try {
            woken = false;
            begun++;
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void end() {
        lock.lock();
        try {
            ended++;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void pause(Duration pause) {
        lock.lock();
        try {
            long left = pause.toNanos();
            while (left > 0 && !woken && !closed) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether its thread lives. */
    public boolean running() {
        lock.lock();
        try {
            return thread != null;
        } finally {
            lock.unlock();
        }
    }

    /** Wakes the thread and waits for the end of a round that begins after this call; false where {@code bound} passes before. */
    public boolean awaitWhole(Duration bound) {
        lock.lock();
        try {
            long wanted = begun + 1;
            woken = true;
            changed.signalAll();
            long left = bound.toNanos();
            while (ended < wanted && left > 0 && thread != null) {
                left = changed.awaitNanos(left);
            }
            return ended >= wanted;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Ends after one more round, or interrupts it where that takes longer than {@code bound}; blocks as long. */
    public void close(Duration bound) {
        Thread running;
        lock.lock();
        try {
            closed = true;
            running = thread;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (running == null) {
            return;
        }
        try {
            if (!running.join(bound)) {
                running.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
