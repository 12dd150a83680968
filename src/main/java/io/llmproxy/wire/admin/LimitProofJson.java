package io.llmproxy.wire.admin;

import java.util.List;

/**
 * What {@code llmproxyctl prove limits} shows.
 *
 * @param holds whether every limit held, while requests were answered; of none that was answered nothing is known
 * @param store where limits are counted
 * @param processes how many share the limits, this one included
 * @param failed granted and then failed, cut, or left by the client; and those whose limits could not be told
 */
public record LimitProofJson(
        boolean holds,
        String store,
        int processes,
        long answered,
        long refused,
        long failed,
        long milliseconds,
        List<OfLimit> limits) {

    /**
     * Amounts are texts, as everywhere.
     *
     * @param peak the most that was granted and not given back at any moment
     * @param granted what the requests used in the end, by their own account
     * @param used the same by the limit's counters
     * @param overrun what answers used beyond their reservation, in all
     */
    public record OfLimit(
            String scope,
            String metric,
            String period,
            String limit,
            String peak,
            String granted,
            String used,
            String overrun,
            boolean holds) {}
}
