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
     * @param peak the most that was granted and not given back at any moment
     * @param granted what was granted and not given back in the end, by the account of the requests
     * @param used what the limit's counters say in the end
     * @param overrun what answers used beyond what was reserved for them, in all
     */
    public record OfLimit(Limit limit, long peak, long granted, long used, long overrun) {
        /** Never more than the limit, and counted to the last unit. */
        public boolean holds() {
            return peak <= limit.amount() + overrun && used == granted;
        }
    }

    public LimitProofReport {
        limits = List.copyOf(limits);
    }

    /** Whether anything was proven: where nobody was served, nothing was. */
    public boolean proves() {
        return answered > 0;
    }

    /** That every limit held, while requests were served. */
    public boolean holds() {
        return proves() && limits.stream().allMatch(OfLimit::holds);
    }
}
