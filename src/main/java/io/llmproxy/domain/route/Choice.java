package io.llmproxy.domain.route;

import org.jspecify.annotations.Nullable;

/**
 * How a route chooses between its targets.
 *
 * @param strategy which is called first
 * @param sticky what keeps requests with one target whatever the strategy says; null: nothing
 */
public record Choice(BalancePolicy strategy, @Nullable Stickiness sticky) {
    /** As the targets are written. */
    public static final Choice FAILOVER = of(BalancePolicy.FAILOVER);

    /** By the strategy alone. */
    public static Choice of(BalancePolicy strategy) {
        return new Choice(strategy, null);
    }
}
