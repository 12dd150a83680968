package io.llmproxy.gateway.stage;

import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.limit.Limiter;
import io.llmproxy.runtime.Snapshots;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Charges the request to all limits that are known to be about it now; what it holds is settled by {@link Account}. */
public final class Limit implements Stage {
    private final Limiter limiter;
    private final Snapshots snapshots;

    public Limit(Limiter limiter, Snapshots snapshots) {
        this.limiter = limiter;
        this.snapshots = snapshots;
    }

    @Override
    public void handle(Exchange x, Next next) {
        limiter.reserve(x, snapshots.current().limits(), x.plan());
        x.tally().target(x.plan().getFirst());
        next.handle(x);
    }

    /**
     * The first of the targets serves the request: its limits are charged in the place of those of the target before.
     *
     * @return the limit that refuses; null: none does
     */
    LimitDecision.@Nullable Denied move(Exchange x, List<Target> remaining) {
        return limiter.move(x, snapshots.current().limits(), remaining);
    }

    /** Of a request that is answered here and has no target. */
    void own(Exchange x) {
        limiter.reserve(x, snapshots.current().limits(), List.of());
    }
}
