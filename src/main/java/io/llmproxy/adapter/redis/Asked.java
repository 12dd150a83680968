package io.llmproxy.adapter.redis;

/** What somebody wants done by Redis. */
sealed interface Asked permits Call, Take {
    /** Whether somebody still wants it done. */
    boolean wanted();

    /** It was not done, or nobody knows whether it was. */
    void failed();

    /** Whoever waits for it does so no longer where the time is over by {@code now}, of {@link System#nanoTime}. */
    default void expire(long now) {
        // nobody waits
    }
}
