package io.llmproxy.runtime;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * A thread that does its round again and again, with a pause before each. A round that throws does not end it: that is said in the
 * log, once until a round succeeds again, since whatever hangs on the rounds would be missing for as long as the process runs.
 */
public final class Periodic implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Periodic.class.getName());

    private final Duration pause;
    private final Runnable round;
    private final String complaint;
    private final Thread thread;
    private volatile boolean closed;
    // of the thread alone
    private boolean failing;

    /**
     * @param threads makes the one thread
     * @param complaint the line of the log where a round throws; what is not done, and what that means
     */
    public Periodic(Thread.Builder threads, Duration pause, Runnable round, String complaint) {
        this.pause = pause;
        this.round = round;
        this.complaint = complaint;
        this.thread = threads.unstarted(this::run);
    }

    /** Once. */
    public void start() {
        thread.start();
    }

    private void run() {
        while (!closed) {
            try {
                Thread.sleep(pause);
                round.run();
                failing = false;
            } catch (InterruptedException e) {
                return; // closed
            } catch (RuntimeException e) {
                if (!failing && !closed) {
                    LOG.log(Level.WARNING, complaint, e);
                }
                failing = true;
            }
        }
    }

    /** No round begins any more; one that runs is interrupted and not waited for. */
    @Override
    public void close() {
        closed = true;
        thread.interrupt();
    }

    /** The same, and waits for a round that runs, no longer than {@code bound}. */
    public void close(Duration bound) {
        close();
        try {
            // one that was never started cannot be joined
            if (thread.isAlive()) {
                thread.join(bound);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
