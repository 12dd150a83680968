package io.llmproxy.domain.limit;

/** Whether a request may go on. */
public sealed interface LimitDecision {
    /** All limits gave what was asked. */
    record Granted(Reservation reservation) implements LimitDecision {}

    /**
     * One did not, and nothing was taken of any.
     *
     * @param asked what the request would have taken
     * @param remaining what is left for smaller ones
     * @param waitSeconds when it is worth another try, at least 1; 0: time alone does not help
     */
    record Denied(Limit limit, long asked, long remaining, long waitSeconds) implements LimitDecision {}

    Granted FREE = new Granted(Reservation.NONE);
}
