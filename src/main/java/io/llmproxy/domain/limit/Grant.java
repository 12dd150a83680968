package io.llmproxy.domain.limit;

/** What a reservation took of one limit, and how that stood then. */
public interface Grant {
    Limit limit();

    long amount();

    /** What was left behind it; 0 where the limit is passed, as soft ones may be. */
    long remaining();

    /** Seconds until nothing of the limit is used any more, if nobody uses it; 0 where no time brings that about. */
    long resetSeconds();

    /** Whether a soft or shadow limit would have refused, had it been hard. */
    boolean passed();

    /** Whether less than a tenth of the limit is left. */
    default boolean near() {
        return remaining() < limit().tenth();
    }
}
