package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.gateway.BodyRoom;
import io.llmproxy.gateway.estimate.UsageEstimator;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;

/** What all translations of a process have in common. Thread-safe. */
public final class Translations {
    /** A tree takes several times its text's room, so that of the large ones only a few are built at a time. */
    static final int LARGE = 1024 * 1024;

    private static final int LARGE_AT_ONCE = 4;

    private final boolean drop;
    private final boolean fetch;
    private final BodyRoom room;
    private final UsageEstimator estimator;
    private final InstantSource clock;
    private final Semaphore large = new Semaphore(LARGE_AT_ONCE);

    /** Translations that fetch nothing and keep everything in the heap. */
    public Translations(boolean drop, UsageEstimator estimator, InstantSource clock) {
        this(drop, false, BodyRoom.HEAP, estimator, clock);
    }

    /**
     * @param drop whether parameters that a provider does not have are left out, and told, instead of refused
     * @param fetch whether images and documents are fetched for providers that want their bytes
     * @param room where large bodies are kept that were translated
     * @param estimator counts tokens where a provider's API cannot
     * @param clock for answers that must say when they were made
     */
    public Translations(boolean drop, boolean fetch, BodyRoom room, UsageEstimator estimator, InstantSource clock) {
        this.drop = drop;
        this.fetch = fetch;
        this.room = room;
        this.estimator = estimator;
        this.clock = clock;
    }

    /** Whether the operator has images and documents fetched for providers that want their bytes. */
    public boolean fetch() {
        return fetch;
    }

    BodyRoom room() {
        return room;
    }

    boolean drop() {
        return drop;
    }

    UsageEstimator estimator() {
        return estimator;
    }

    long seconds() {
        return clock.instant().getEpochSecond();
    }

    /** To be closed when the trees of a request of so many bytes are gone; waits for its turn. */
    Turn turn(long bytes) {
        if (bytes < LARGE) {
            return () -> {};
        }
        large.acquireUninterruptibly();
        return large::release;
    }

    /** The right to build large trees. */
    interface Turn extends AutoCloseable {
        @Override
        void close();
    }
}
