package io.llmproxy.gateway.proof;

import io.llmproxy.domain.limit.Limit;
import java.util.List;

/**
 * What came of the proof of limits.
 *
 * @param answered requests that were granted and answered whole
 * @param refused by a limit
 * @param failed granted and then failed, cut, or left by the client; and those whose limits could not be told
 */
public record LimitProofReport(long answered, long refused, long failed, long milliseconds, List<OfLimit> limits) {

    /**
     * Amounts are of the limit's metric; money in millionths of a US dollar.
     *
     * @param peak the most that was granted and not given back at any moment
     * @param granted what was granted and not given back in the end, by the account of the requests
     * @param used what the limit's counters say in the end
     * @param overrun what answers used beyond what was reserved for them, in all
     * @param refill of a token bucket, the most that flowed off until it was looked at in the end, so that others could have it; else 0
     * @param refused how many requests this limit refused
     */
    public record OfLimit(Limit limit, long peak, long granted, long used, long overrun, long refill, long refused) {
        /** Never more than the limit, and counted to the last unit. */
        public boolean holds() {
            return peak <= limit.amount() + overrun + refill && (refill == 0 ? used == granted : counted());
        }

        /** Whether the counters have heard of all that was used. */
        boolean settled() {
            return used <= granted && used >= granted - refill;
        }

        /** Of a bucket: all but what flowed off; more only by what was not given back, since it had flowed off and others had it. */
        private boolean counted() {
            return used >= granted - refill && used <= limit.amount() + overrun;
        }

        /** Whether it was used up: a limit that nobody came up to has proven nothing. */
        public boolean reached() {
            return refused > 0;
        }
    }

    public LimitProofReport {
        limits = List.copyOf(limits);
    }

    /** Whether something was proven of every limit: each was used up, while requests were served. */
    public boolean proves() {
        return answered > 0 && !limits.isEmpty() && limits.stream().allMatch(OfLimit::reached);
    }

    /** That every limit was used up and held. */
    public boolean holds() {
        return proves() && limits.stream().allMatch(OfLimit::holds);
    }
}
