package io.llmproxy.domain.limit;

/**
 * What a request takes, or may come to take, of one limit.
 *
 * @param amount of the limit's metric, not negative
 */
public record Charge(Limit limit, CounterKey key, long amount) {
    public Charge {
        if (amount < 0) {
            throw new IllegalArgumentException("a charge is not negative: " + amount);
        }
    }
}
