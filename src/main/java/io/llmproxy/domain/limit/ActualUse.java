package io.llmproxy.domain.limit;

import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.TokenUsage;

/**
 * What a request came to use in the end.
 *
 * @param costMicros millionths of a US dollar; {@link #UNKNOWN}: nobody knows the price, and what was reserved stands
 */
public record ActualUse(long inputTokens, long outputTokens, long costMicros) {
    public static final long UNKNOWN = -1;

    /** @param cost of which a part that is known counts, rounded up */
    public static ActualUse of(TokenUsage tokens, Cost cost) {
        boolean unknown = cost.state() == Cost.State.UNPRICED;
        return new ActualUse(tokens.input(), tokens.output(), unknown ? UNKNOWN : cost.microsRoundedUp());
    }

    /** @param reserved what was taken before */
    public long of(LimitMetric metric, long reserved) {
        return switch (metric) {
            case REQUESTS -> reserved;
            case TOKENS -> inputTokens + outputTokens;
            case INPUT_TOKENS -> inputTokens;
            case OUTPUT_TOKENS -> outputTokens;
            case COST -> costMicros == UNKNOWN ? reserved : costMicros;
            case CONCURRENCY -> 0;
        };
    }
}
