package io.llmproxy.domain;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** The threads of the system that virtual threads run on. Thread-safe. */
public final class Carrier {
    /** So many requests at one time for each processor, and some of them are ready to run whenever one has to wait. */
    private static final int CROWD = 4 * Runtime.getRuntime().availableProcessors();

    /** A random number without these bits comes once in 16 times. */
    private static final int RARELY = 0xF;

    /** Once in 8 times. */
    private static final int SOMETIMES = 0x7;

    /** What {@link #LOAD} says: nobody was seen since work in the background last paused, a few requests, or a crowd. */
    private static final int NOBODY = 0;

    private static final int FEW = 1;
    private static final int MANY = 2;
    /** How long work in the background pauses for a few requests: twice what it did since the last pause, or a little more. */
    private static final long PAUSE = 200_000; // ns

    /**
     * Of the process, as carriers are: a hint that may be late, and on which nothing depends but speed. Written only where it
     * changes, so that it stays in the caches of all processors.
     */
    private static final AtomicInteger LOAD = new AtomicInteger(NOBODY);

    private Carrier() {}

    /**
     * Lets the other virtual threads that are ready run first, where there are many.
     *
     * <p>To be called before a read that has to wait anyway. A virtual thread that reads an empty socket is registered with the
     * poller, parked, found by the poller and queued again, which is three calls into the kernel and two switches. Under
     * load, what is waited for is there when the others have had their turn, and none of that happens. Without load a
     * virtual thread that yields wakes another carrier for nothing, so it does not. Nothing depends on it but speed.
     *
     * <p>Once in a while it does not either, and the read parks the thread. A carrier serves its own queue until that is empty, which it
     * never is while threads only yield, and new connections and whatever else the poller wakes are queued elsewhere: on a
     * machine of one processor they would wait for as long as the others are busy.
     *
     * @param serving how many requests are being served, more or less
     */
    @SuppressWarnings("ThreadPriorityCheck") // the scheduler's order decides about speed here, never about a result
    public static void yieldToOthers(int serving) {
        int seen = serving >= CROWD ? MANY : FEW;
        if (LOAD.get() != seen) {
            LOAD.set(seen);
        }
        if (seen == MANY && (ThreadLocalRandom.current().nextInt() & RARELY) != 0) {
            Thread.yield();
        }
    }

    /**
     * Lets others run first: to be called every tenth of a millisecond or so by work that goes on for milliseconds and that
     * nobody waits for, such as the moving of the ledger. Requests would wait behind it, since a virtual thread keeps its
     * carrier until it blocks.
     *
     * <p>Where many requests are served, those that are ready run on this carrier, and it goes on after them. Where they are
     * few, the carrier would still keep its processor for as long as the whole work takes: what they wait for then are other
     * threads, such as the poller, and other processes, the client's and the provider's on a small machine. So it pauses. Where
     * nobody was served meanwhile it does not.
     *
     * <p>Of those turns some are taken by a park: only then does a carrier look for who was woken elsewhere, such as streams, of which
     * nobody counts the chunks. A thread of the system gives nothing: its processor is taken from it when others want it.
     */
    @SuppressWarnings("ThreadPriorityCheck") // as above
    public static void giveWay() {
        if (!Thread.currentThread().isVirtual()) {
            return;
        }
        if (LOAD.get() == FEW) {
            LOAD.set(NOBODY); // the next request says so again
            LockSupport.parkNanos(PAUSE);
        } else if ((ThreadLocalRandom.current().nextInt() & SOMETIMES) == 0) {
            LockSupport.parkNanos(1);
        } else {
            Thread.yield();
        }
    }
}
