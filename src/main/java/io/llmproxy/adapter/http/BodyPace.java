package io.llmproxy.adapter.http;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How fast a client sends the bodies that are read. Only time in which a read waits counts, so that a gateway which is slow
 * itself blames nobody. The connection's thread writes, one other thread judges.
 */
final class BodyPace {
    private static final long NONE = Long.MIN_VALUE;

    // written by the connection's thread alone, in this order; what the judge sees of one it sees of those before
    private final AtomicLong since = new AtomicLong(NONE);
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong waited = new AtomicLong();
    private final AtomicLong bodies = new AtomicLong();
    private volatile boolean givenUp;
    // the judge's own: where its window began
    private long receivedBefore;
    private long waitedBefore;
    private long judged;

    /** A body begins. */
    void start() {
        bodies.setRelease(bodies.getPlain() + 1);
    }

    /** So many bytes were here, and nobody waited for them. */
    void here(int bytes) {
        received.setRelease(received.getPlain() + bytes);
    }

    /** A read begins to wait. */
    void begin() {
        since.setRelease(System.nanoTime());
    }

    /** The read has ended with {@code bytes}; none where it failed or met the body's end. */
    void end(int bytes) {
        long begun = since.getPlain();
        // first, so that the judge never counts a read twice
        since.setRelease(NONE);
        waited.setRelease(waited.getPlain() + System.nanoTime() - begun);
        received.setRelease(received.getPlain() + Math.max(0, bytes));
    }

    /** Whether a body was given up for its pace. */
    boolean givenUp() {
        return givenUp;
    }

    /** Gives the body up that is being read, and says so, if it comes more slowly than {@code patience} has it. */
    boolean giveUp(ClientPatience patience, long nowNanos) {
        long begun = since.get();
        if (begun == NONE) {
            return false;
        }
        long waiting = nowNanos - begun;
        boolean slow = waiting > patience.idle().toNanos()
                || patience.rate() > 0 && slow(patience, begun, received.get(), waited.get(), waiting);
        if (slow) {
            givenUp = true;
        }
        return slow;
    }

    private boolean slow(ClientPatience patience, long begun, long bytes, long before, long waiting) {
        if (since.get() != begun) {
            return false;
        }
        if (bodies.get() != judged || bytes - receivedBefore >= patience.perWindow()) {
            judged = bodies.get();
            receivedBefore = bytes;
            waitedBefore = before;
        }
        return before + waiting - waitedBefore > patience.window().toNanos();
    }
}
