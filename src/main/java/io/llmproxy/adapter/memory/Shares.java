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
        public @Nullable Share of(CounterKey place, Limit limit) {
            return null;
        }

        @Override
        public @Nullable Share find(CounterKey place, Limit limit) {
            return null;
        }
    };

    /** Whether this process has every limit for itself. */
    default boolean whole() {
        return false;
    }

    /** The share of a limit in one counter, made where there is none; null: the whole limit is this process's own. */
    @Nullable
    Share of(CounterKey place, Limit limit);

    /** The same, but none is made. */
    @Nullable
    Share find(CounterKey place, Limit limit);
}
