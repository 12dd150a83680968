package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import org.jspecify.annotations.Nullable;

/** What of each limit is this process's own. */
interface Shares {
    /** All of every limit. */
    Shares WHOLE = new Shares() {
        @Override
        public boolean whole() {
            return true;
        }

        @Override
        public void link(Counter counter, CounterKey place, Limit limit) {
            // nothing is shared
        }

        @Override
        public @Nullable Share of(Counter counter, Limit limit) {
            return null;
        }

        @Override
        public @Nullable Share find(Counter counter, Limit limit) {
            return null;
        }
    };

    /** Whether this process has every limit for itself. */
    default boolean whole() {
        return false;
    }

    /** Gives a new counter its share, which is made where there is none. */
    void link(Counter counter, CounterKey place, Limit limit);

    /** The share of a limit in one counter, for a request; null: the whole limit is this process's own. */
    @Nullable
    Share of(Counter counter, Limit limit);

    /** The same, to look at. */
    @Nullable
    Share find(Counter counter, Limit limit);

    /** What others have used of a counter, where that was told just now; else nothing, since it may count no more. */
    default long usedElsewhere(CounterKey place) {
        return 0;
    }
}
