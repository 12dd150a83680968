package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.limit.Limiter;
import io.llmproxy.runtime.Snapshots;

/** Refuses, before a body is received, what the tenant's limits of addresses and of what runs at one time, by endpoint too, have no room for. */
public final class Foresee implements Stage {
    private final Limiter limiter;
    private final Snapshots snapshots;

    public Foresee(Limiter limiter, Snapshots snapshots) {
        this.limiter = limiter;
        this.snapshots = snapshots;
    }

    @Override
    public void handle(Exchange x, Next next) {
        limiter.foresee(x, snapshots.current().limits());
        next.handle(x);
    }
}
