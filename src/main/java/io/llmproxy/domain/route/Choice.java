package io.llmproxy.domain.route;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a route chooses between its targets.
 *
 * @param strategy which is called first
 * @param requires what its targets must be able to do for a request that needs it
 * @param sticky what keeps requests with one target whatever the strategy says; null: nothing
 */
public record Choice(BalancePolicy strategy, @Nullable Stickiness sticky, Set<Requirement> requires) {
    /** As the targets are written. */
    public static final Choice FAILOVER = of(BalancePolicy.FAILOVER);

    public Choice {
        // in one order, whatever the order that they are given in
        EnumSet<Requirement> ordered = EnumSet.noneOf(Requirement.class);
        ordered.addAll(requires);
        requires = Collections.unmodifiableSet(ordered);
    }

    /** By the strategy alone. */
    public static Choice of(BalancePolicy strategy) {
        return new Choice(strategy, null, Set.of());
    }
}
