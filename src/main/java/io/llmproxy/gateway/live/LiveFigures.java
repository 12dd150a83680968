package io.llmproxy.gateway.live;

/**
 * What the requests of the last seconds came to. Durations in microseconds, to some percent; -1 where there are none.
 *
 * @param errors those that were answered with a status of 400 and above, or broke off
 */
public record LiveFigures(
        long requests,
        long errors,
        long inputTokens,
        long outputTokens,
        long costNanos,
        long durationMedian,
        long durationP99,
        long firstByteMedian,
        long firstByteP99) {
    /** Of no request. */
    public static final LiveFigures NONE = new LiveFigures(0, 0, 0, 0, 0, -1, -1, -1, -1);
}
