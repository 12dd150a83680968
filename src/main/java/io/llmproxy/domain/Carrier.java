package io.llmproxy.domain;

/** The thread of the system that a virtual thread runs on for the moment. */
public final class Carrier {
    private Carrier() {}

    /**
     * Lets the other virtual threads that are ready run first; returns at once where there is none.
     *
     * <p>To be called before a read that has to wait anyway. A virtual thread that reads an empty socket is registered with the
     * poller, parked, found by the poller and queued again, which is three calls into the kernel and two switches. Under
     * load, what is waited for is there when the others have had their turn, and none of that happens; without load this costs
     * less than a microsecond. Nothing depends on it but speed.
     */
    @SuppressWarnings("ThreadPriorityCheck") // the scheduler's order decides about speed here, never about a result
    public static void yieldToOthers() {
        Thread.yield();
    }
}
