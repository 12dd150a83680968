package io.llmproxy.domain.usage;

import org.jspecify.annotations.Nullable;

/**
 * What one request cost, settled when it ended and never again.
 *
 * @param nanos nano-USD; the least that it cost where the state is {@code PARTIAL}, 0 and without meaning where {@code UNPRICED}
 * @param priceId the row that was used; null where there was none, or nothing to pay for
 */
public record Cost(long nanos, State state, @Nullable String priceId) {
    /** How much of the cost is known. */
    public enum State {
        /** All of it. */
        PRICED,
        /** Something that was used has no price of its own, and costs more than what stands in for it. */
        PARTIAL,
        /** Nothing: this is not the same as free. */
        UNPRICED
    }

    /** Nothing was used that anybody would bill. */
    public static final Cost NOTHING = new Cost(0, State.PRICED, null);

    /** Something was used, and nobody knows its price. */
    public static final Cost UNKNOWN = new Cost(0, State.UNPRICED, null);

    /** In USD, as {@code 0.00125}; null where nothing is known. */
    public @Nullable String usd() {
        return state == State.UNPRICED ? null : Usd.ofNanos(nanos);
    }

    /** In micro-USD, rounded up: limits never charge less than was spent. */
    public long microsRoundedUp() {
        return Math.ceilDiv(nanos, 1_000);
    }
}
