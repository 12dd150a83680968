package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.PastUse;
import org.jspecify.annotations.Nullable;

/**
 * What was used of one limit by one subject. The limit comes with every call, since its amount may have changed; times are
 * microseconds of the clock that the limit's period is measured by. Every change is one compare-and-set of an immutable state, so
 * that nobody waits for anybody, and a thread that dies leaves no lock behind.
 */
abstract sealed class Counter permits WindowCounter, SlidingCounter, BucketCounter {
    /** What of the limit is this process's own; null: nothing is shared, or it is known without a counter. */
    private volatile @Nullable Share share;

    private volatile @Nullable MemoryCounterStore home;

    @Nullable
    final Share share() {
        return share;
    }

    final void share(Share owned) {
        share = owned;
    }

    /** Whether it is found there by its key; before, and once it was removed, it is not. */
    final boolean in(MemoryCounterStore store) {
        return home == store;
    }

    /** @param store where it is found from now on; null: nowhere any more */
    final void home(@Nullable MemoryCounterStore store) {
        home = store;
    }

    /** Whether it counts as the limit wants; else it is replaced. */
    abstract boolean fits(Limit limit);

    /**
     * Takes {@code hold.amount()} where the limit has so much left, or where the limit is not a hard one; notes in the hold what is
     * left, and when it was taken.
     */
    abstract Outcome take(Hold hold, long now);

    /**
     * Adds to (or with a negative {@code delta} gives back of) what was taken by {@code hold}, as far as that still counts.
     *
     * @param clock looked at where the moment matters, since a look takes as long as the rest
     */
    abstract void correct(Hold hold, long delta, StoreClock clock);

    /** Counts at least {@code amount} in the present period; false where it is retired. */
    abstract boolean seed(Limit limit, long amount, long now);

    /**
     * Counts what is known of before; false where it is retired.
     *
     * @param past by the counter's clock
     * @param onTop whether it comes on top of what is counted, whatever the limit; else at least that counts
     */
    boolean recall(PastUse past, boolean onTop, Limit limit, long now) {
        long amount = past.charge().amount();
        return onTop ? take(new Hold(limit, amount, this), now) == Outcome.TAKEN : seed(limit, amount, now);
    }

    abstract long used(Limit limit, long now);

    /** How long until {@code amount} could be taken, if nobody else took any; {@link Long#MAX_VALUE}: for ever. */
    abstract long wait(Limit limit, long amount, long now);

    /** How long until nothing is used any more; {@link Long#MAX_VALUE}: never by time alone. */
    abstract long drained(Limit limit, long now);

    /** Retires it, for good, where it counts nothing: whoever still holds it is told so, and finds or makes another. */
    abstract boolean retire(Limit limit, long now);

    /** What became of an attempt to take. */
    enum Outcome {
        TAKEN,
        DENIED,
        RETIRED
    }

    /**
     * A new one for a limit.
     *
     * @param cells of the store that it is for
     */
    static Counter of(Limit limit, Cells cells) {
        return switch (limit.algorithm()) {
            case FIXED_WINDOW -> new WindowCounter(limit, cells);
            case SLIDING_WINDOW -> new SlidingCounter(limit);
            case TOKEN_BUCKET -> new BucketCounter(limit);
        };
    }
}
