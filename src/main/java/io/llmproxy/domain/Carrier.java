package io.llmproxy.domain;

/** The threads of the system that virtual threads run on. Thread-safe. */
public final class Carrier {
    /** So many requests at one time for each processor, and some of them are ready to run whenever one has to wait. */
    private static final int CROWD = 4 * Runtime.getRuntime().availableProcessors();

    private Carrier() {}

    /**
     * Lets the other virtual threads that are ready run first, where there are many.
     *
     * <p>To be called before a read that has to wait anyway. A virtual thread that reads an empty socket is registered with the
     * poller, parked, found by the poller and queued again, which is three calls into the kernel and two switches. Under
     * load, what is waited for is there when the others have had their turn, and none of that happens. Without load a
     * virtual thread that yields wakes another carrier for nothing, so it does not. Nothing depends on it but speed.
     *
     * @param serving how many requests are being served, more or less
     */
    @SuppressWarnings("ThreadPriorityCheck") // the scheduler's order decides about speed here, never about a result
    public static void yieldToOthers(int serving) {
        if (serving >= CROWD) {
            Thread.yield();
        }
    }
}
