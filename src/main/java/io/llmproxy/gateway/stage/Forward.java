package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.ProviderHealth;
import io.llmproxy.gateway.resilience.TargetHealth;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls the targets of the plan until one of them answers: the first, and where it fails before the client has seen a byte, the next.
 *
 * <p>What may be followed by another call: no connection, a connection that closes without an answer, an answer that is no HTTP, a 408,
 * 429 or 5xx head, an answer that fails before its first content, and of an endpoint that answers JSON one that is empty or something
 * else; a provider that has the request and takes too long only where the route says so, since it may bill the request. The last
 * target's 408, 429 or 5xx goes to the client as it is, at once, and so does whatever it answers. While another target is left the head
 * of a good answer waits for its first content, a second at most; else it goes out at once. Nothing is begun beyond the deadline.
 */
public final class Forward implements Stage {
    private static final String FULL = " has as many calls running as it may";

    private final boolean queryKey;
    private final Limit limit;
    private final HealthBoard board;

    /**
     * @param queryKey whether a client's key may stand in the query, from which it is then taken out
     * @param limit charges the limits of a target that was not the first
     */
    public Forward(boolean queryKey, Limit limit, HealthBoard board) {
        this.queryKey = queryKey;
        this.limit = limit;
        this.board = board;
    }

    @Override
    public void handle(Exchange x, Next next) {
        Duration deadline = x.persistence().deadline();
        if (deadline == null) {
            forward(x);
            return;
        }
        try (CutTimer _ = CutTimer.start(x, deadline)) {
            forward(x);
        }
    }

    private void forward(Exchange x) {
        List<Target> plan = x.plan();
        if (plan.size() > 1 || x.persistence().retries() > 0 || !charged(x, plan.getFirst())) {
            follow(x, new Course(x, board));
        } else {
            alone(x, plan.getFirst());
        }
    }

    /** Whether the limits were reserved for that target, and not for one that was taken out of the plan since. */
    private static boolean charged(Exchange x, Target target) {
        Target at = x.claims().target();
        return at == null || at.equals(target);
    }

    private void alone(Exchange x, Target target) {
        ProviderHealth provider = board.of(target.provider());
        TargetHealth health = provider.of(target.model());
        if (target.provider().fault() != null) {
            throw Refusals.unavailable(
                    Failures.of(target) + " is not ready to be called; its operator can see why in `provider show`.");
        }
        if (!provider.begin()) {
            throw Refusals.unavailable(Failures.of(target) + FULL + "; retry in a moment.");
        }
        if (!health.enter(blamed(x, target), board)) {
            provider.end();
            throw open(x, target, health);
        }
        Failure failure = call(x, target, provider, health, null);
        if (failure != null) {
            throw new ProxyException(failure.error());
        }
    }

    private static @Nullable UUID blamed(Exchange x, Target target) {
        return HealthBoard.blamed(target.provider(), x.principal().tenant().id());
    }

    private ProxyException open(Exchange x, Target target, TargetHealth health) {
        long wait = TimeUnit.NANOSECONDS.toSeconds(health.remaining(blamed(x, target), board.now())) + 1;
        return new ProxyException(new ProxyError.Upstream(
                503,
                "overloaded",
                Failures.of(target) + " has failed too often of late and is left alone; retry in " + wait + " s.",
                Duration.ofSeconds(wait)));
    }

    private void follow(Exchange x, Course course) {
        while (true) {
            Target target = course.current();
            ProviderHealth provider = board.of(target.provider());
            TargetHealth health = provider.of(target.model());
            Obstacle obstacle = obstacle(x, course, provider, health);
            if (obstacle != null) {
                if (!course.skip(obstacle)) {
                    course.called();
                    throw course.noneLeft();
                }
                continue;
            }
            long began = board.now();
            Failure failure;
            try {
                failure = call(x, target, provider, health, course);
            } finally {
                course.called();
            }
            if (failure == null) {
                return;
            }
            if (!follows(course, failure)) {
                throw new ProxyException(failure.error());
            }
            course.step(failure, began);
        }
    }

    /** Of a failing head it was asked already, when there was an answer to be passed on or not. */
    private static boolean follows(Course course, Failure failure) {
        return failure.reason().equals("status") || failure.reason().equals("too-long") || course.follows(failure);
    }

    /** Why the present target cannot be called; null: it can, and counts as running. */
    private @Nullable Obstacle obstacle(Exchange x, Course course, ProviderHealth provider, TargetHealth health) {
        Target target = course.current();
        Obstacle state = Obstacle.of(x, target, health, board.now());
        if (state != null) {
            return state;
        }
        Denied denied = limit.move(x, course.remaining());
        if (denied != null) {
            return new Obstacle(
                    Attempt.LIMIT,
                    Failures.of(target) + " has reached the limit "
                            + denied.limit().id());
        }
        if (!provider.begin()) {
            return new Obstacle(Attempt.FULL, Failures.of(target) + FULL);
        }
        if (!health.enter(blamed(x, target), board)) {
            provider.end();
            return new Obstacle(Attempt.LEFT_ALONE, Failures.of(target) + " is being tried");
        }
        return null;
    }

    private @Nullable Failure call(
            Exchange x, Target target, ProviderHealth provider, TargetHealth health, @Nullable Course course) {
        try {
            return new TargetCall(x, target, health, board, queryKey, course).run();
        } finally {
            provider.end();
        }
    }
}
