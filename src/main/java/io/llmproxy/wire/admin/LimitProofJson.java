package io.llmproxy.wire.admin;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code llmproxyctl prove limits} shows.
 *
 * @param holds whether every limit was used up and held: of one that nobody came up to nothing is known
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
     * Amounts are texts, as everywhere; money in US dollars.
     *
     * @param period null: of what runs at one time, as {@code algorithm}
     * @param peak the most that was granted and not given back at any moment
     * @param granted what the requests used in the end, by their own account
     * @param used the same by the limit's counters
     * @param overrun what answers used beyond their reservation, in all
     * @param refill what flowed off of a token bucket meanwhile, rounded up, and may have been granted again; of others 0
     * @param refused how many requests this limit refused; 0: it was not used up, and nothing is proven of it
     * @param holds peak is at most the limit, the overrun and the refill, and used is what was granted; of a token bucket at least that
     *     without the refill, and no more than the limit and the overrun
     */
    public record OfLimit(
            String scope,
            String metric,
            @Nullable String period,
            @Nullable String algorithm,
            String limit,
            String peak,
            String granted,
            String used,
            String overrun,
            String refill,
            long refused,
            boolean holds) {}
}
