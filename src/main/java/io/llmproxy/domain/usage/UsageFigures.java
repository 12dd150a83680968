package io.llmproxy.domain.usage;

/**
 * What can be summed up of usage records: counts, tokens as in {@link TokenUsage}, bytes, microseconds. Sums are exact while
 * they fit a long; of one record no figure counts for more than {@link #LARGEST}, so that an absurd one, which a provider may
 * make up, cannot spoil a sum.
 *
 * @param errors requests that were refused, failed, cut, or answered with a status of 400 and above
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
        long durationMicros) {
    public static final UsageFigures ZERO = new UsageFigures(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /** A trillion: tokens, bytes or microseconds that no request has. */
    public static final long LARGEST = 1_000_000_000_000L;

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
                bounded(r.durationMicros()));
    }

    public static boolean isError(Outcome outcome, int status) {
        return status >= 400
                || switch (outcome) {
                    case REFUSED, FAILED, CUT -> true;
                    case COMPLETED, CLIENT_GONE -> false;
                };
    }

    public static long bounded(long figure) {
        return Math.clamp(figure, 0, LARGEST);
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
                durationMicros + o.durationMicros);
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
                -durationMicros);
    }
}
