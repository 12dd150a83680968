package io.llmproxy.gateway.limit;

import io.llmproxy.domain.limit.Dues;
import io.llmproxy.domain.limit.LimitMetric;

/**
 * What a request may come to use.
 *
 * @param costMicros millionths of a US dollar; 0 where it cannot cost anything, or nobody knows what
 */
public record Need(long inputTokens, long outputTokens, long costMicros) implements Dues.Need {
    /** Of a request that generates nothing. */
    public static final Need NOTHING = new Need(0, 0, 0);

    Need costing(long micros) {
        return micros == costMicros ? this : new Need(inputTokens, outputTokens, micros);
    }

    @Override
    public long of(LimitMetric metric) {
        return switch (metric) {
            case REQUESTS, CONCURRENCY -> 1;
            case TOKENS -> inputTokens + outputTokens;
            case INPUT_TOKENS -> inputTokens;
            case OUTPUT_TOKENS -> outputTokens;
            case COST -> costMicros;
        };
    }
}
