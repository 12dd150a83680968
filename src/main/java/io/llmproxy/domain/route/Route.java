package io.llmproxy.domain.route;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A model that an operator made up, or a rule for certain requests: where they go, and what is done where a target fails.
 *
 * @param tenantId the owner; null: of all tenants
 * @param match empty: the route is a model of its name
 * @param choice which of the targets is called first
 * @param targets in the operator's order, at least one
 * @param retries how often the targets are begun with again when all have failed
 * @param retryTimeouts whether another target follows one that has the request and takes too long, which may bill it twice
 * @param timeout for the whole request, all attempts included; null: none
 */
public record Route(
        UUID id,
        @Nullable UUID tenantId,
        String name,
        RouteMatch match,
        Choice choice,
        List<Target> targets,
        int retries,
        boolean retryTimeouts,
        @Nullable Duration timeout,
        Instant createdAt,
        Instant updatedAt) {
    /** So many routes may stand one behind the other, each a target of the one before: who wants more has made a mistake. */
    public static final int LONGEST_CHAIN = 32;

    private static final int MOST_TARGETS = 32;
    private static final int MOST_RETRIES = 10;

    public Route {
        Checks.name("name", name);
        targets = List.copyOf(targets);
        if (targets.isEmpty() || targets.size() > MOST_TARGETS) {
            throw new InvalidValueException("targets", "a route has 1 to " + MOST_TARGETS + " targets");
        }
        Set<String> seen = new HashSet<>();
        for (Target target : targets) {
            if (!seen.add(target.name() + "/" + target.model())) {
                throw new InvalidValueException("targets", "has " + Checks.quoted(target.toString()) + " twice");
            }
        }
        if (choice.strategy() == BalancePolicy.WEIGHTED && targets.stream().allMatch(t -> t.weight() == 0)) {
            throw new InvalidValueException("targets", "a weighted route needs a weight above 0");
        }
        if (retries < 0 || retries > MOST_RETRIES) {
            throw new InvalidValueException("retries", "must be 0 to " + MOST_RETRIES + "; got " + retries);
        }
        if (timeout != null && (timeout.toMillis() < 1 || timeout.compareTo(Duration.ofDays(1)) > 0)) {
            throw new InvalidValueException("timeout", "must be 1ms to 1d");
        }
    }

    /** What is wrong with a chain of routes that goes on behind these. */
    public static String tooLong(List<String> passed) {
        return "leads through more than " + LONGEST_CHAIN + " routes, one behind the other: " + passed.getFirst()
                + " -> " + passed.get(1) + " -> ... -> " + passed.getLast();
    }

    /** Whether it is of all tenants. */
    public boolean shared() {
        return tenantId == null;
    }

    /** Whether it is asked for by its name, as a model. */
    public boolean named() {
        return match.isEmpty();
    }
}
