package io.llmproxy.domain.usage;

/**
 * What can be summed up of usage records: counts, tokens as in {@link TokenUsage}, bytes, microseconds, nano-USD. Sums are exact while
 * they fit a long; of one record no figure counts for more than {@link #LARGEST}, so that an absurd one, which a provider may
 * make up, cannot spoil a sum.
 *
 * @param errors requests that were refused, failed, cut, or answered with a status of 400 and above
 * @param costNanos what is known of the costs
 * @param unpriced requests whose cost is not all known
 * @param uncharged requests that no limit counts: what was refused, and what another request's answer was repeated for
 */
public record UsageFigures(
        long requests,
        long errors,
        long input,
        long output,
        long cachedInput,
        long cacheWrite,
        long reasoning,
        long audioInput,
        long audioOutput,
        long requestBytes,
        long responseBytes,
        long durationMicros,
        long costNanos,
        long unpriced,
        long uncharged) {
    public static final UsageFigures ZERO = new UsageFigures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** A trillion: tokens, bytes or microseconds that no request has. */
    public static final long LARGEST = 1_000_000_000_000L;

    /** Ten thousand USD, in nano-USD: what no request costs. */
    public static final long LARGEST_COST = 10_000_000_000_000L;

    /** The figures of one record. */
    public static UsageFigures of(UsageRecord r) {
        TokenUsage t = r.tokens();
        return new UsageFigures(
                1,
                isError(r.outcome(), r.status()) ? 1 : 0,
                bounded(t.input()),
                bounded(t.output()),
                bounded(t.cachedInput()),
                bounded(t.cacheWrite()),
                bounded(t.reasoning()),
                bounded(t.audioInput()),
                bounded(t.audioOutput()),
                bounded(r.requestBytes()),
                bounded(r.responseBytes()),
                bounded(r.durationMicros()),
                boundedCost(r.cost().nanos()),
                r.cost().state() == Cost.State.PRICED ? 0 : 1,
                r.charged() ? 0 : 1);
    }

    public static boolean isError(Outcome outcome, int status) {
        return status >= 400
                || switch (outcome) {
                    case REFUSED, FAILED, CUT -> true;
                    case COMPLETED, CLIENT_GONE -> false;
                };
    }

    /** Those figures alone that sums did not have from the beginning. */
    public UsageFigures added() {
        return new UsageFigures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, costNanos, unpriced, uncharged);
    }

    public static long bounded(long figure) {
        return Math.clamp(figure, 0, LARGEST);
    }

    public static long boundedCost(long nanos) {
        return Math.clamp(nanos, 0, LARGEST_COST);
    }

    public UsageFigures plus(UsageFigures o) {
        return new UsageFigures(
                requests + o.requests,
                errors + o.errors,
                input + o.input,
                output + o.output,
                cachedInput + o.cachedInput,
                cacheWrite + o.cacheWrite,
                reasoning + o.reasoning,
                audioInput + o.audioInput,
                audioOutput + o.audioOutput,
                requestBytes + o.requestBytes,
                responseBytes + o.responseBytes,
                durationMicros + o.durationMicros,
                costNanos + o.costNanos,
                unpriced + o.unpriced,
                uncharged + o.uncharged);
    }

    public UsageFigures negated() {
        return new UsageFigures(
                -requests,
                -errors,
                -input,
                -output,
                -cachedInput,
                -cacheWrite,
                -reasoning,
                -audioInput,
                -audioOutput,
                -requestBytes,
                -responseBytes,
                -durationMicros,
                -costNanos,
                -unpriced,
                -uncharged);
    }
}
