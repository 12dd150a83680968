package io.llmproxy.domain.limit;

import java.util.List;

/** What a request holds of its limits. It ends once, by the first of {@link #settle} and {@link #release}; later calls do nothing. Thread-safe. */
public interface Reservation {
    List<Grant> grants();

    /** Whether the counters have it already; false: they take it with the rest, or when it ends. */
    default boolean taken() {
        return true;
    }

    /** Replaces what was reserved by what was used; returns by how many tokens that passed the reservation, 0 where it did not. */
    long settle(ActualUse use);

    /** Gives everything back, as if nothing had been taken. */
    void release();

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
    };
}
