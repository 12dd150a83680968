package io.llmproxy.domain.limit;

import java.util.List;
import java.util.function.Predicate;

/** What a request holds of its limits. It ends once, by the first of {@link #settle} and {@link #release}; later calls do nothing. Thread-safe. */
public interface Reservation {
    List<Grant> grants();

    /** Whether some limit is passed or {@link Grant#near near its end}, or may be; else nobody needs to look at each grant for that. */
    default boolean notable() {
        return true;
    }

    /** Tells how all limits stand that it holds something of. */
    default void tell(Standing standing) {
        for (Grant grant : grants()) {
            standing.add(grant);
        }
    }

    /** Whether the counters have it already; false: they take it with the rest, or when it ends. */
    default boolean taken() {
        return true;
    }

    /** Replaces what was reserved by what was used; returns by how many tokens that passed the reservation, 0 where it did not. */
    long settle(ActualUse use);

    /** Gives everything back, as if nothing had been taken. */
    void release();

    /**
     * Gives back what is held of some limits alone, as if nothing had been taken of them; they are settled no more. By the thread that
     * holds the reservation, before it ends.
     */
    void release(Predicate<Limit> which);

    /** Holds nothing. */
    Reservation NONE = new Reservation() {
        @Override
        public List<Grant> grants() {
            return List.of();
        }

        @Override
        public long settle(ActualUse use) {
            return 0;
        }

        @Override
        public void release() {}

        @Override
        public void release(Predicate<Limit> which) {}
    };
}
