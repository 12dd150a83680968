package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.HeaderPolicy;
import io.llmproxy.gateway.InFlight;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.limit.Limiter;
import io.llmproxy.runtime.Snapshots;

/**
 * Refuses what can be refused without key and body: while shutting down, while nothing can be accounted for, loops, and by the
 * limits of all requests, of addresses, and of what runs at one time.
 */
public final class Admit implements Stage {
    private final InFlight inFlight;
    private final Ledger ledger;
    private final Limiter limiter;
    private final Snapshots snapshots;

    public Admit(InFlight inFlight, Ledger ledger, Limiter limiter, Snapshots snapshots) {
        this.inFlight = inFlight;
        this.ledger = ledger;
        this.limiter = limiter;
        this.snapshots = snapshots;
    }

    @Override
    public void handle(Exchange x, Next next) {
        ProxyError refusal = x.request().refusal();
        if (refusal != null) {
            throw new ProxyException(refusal);
        }
        if (inFlight.draining()) {
            throw Refusals.unavailable("The gateway is shutting down; send the request again.");
        }
        if (!ledger.available()) {
            throw Refusals.unavailable("The gateway cannot account for requests at the moment; try again later.");
        }
        if (HeaderPolicy.loops(x.request().headers())) {
            throw Refusals.invalid(
                    "The request came through llmproxy already (its Via header says so): a provider's base URL leads back here.",
                    null);
        }
        limiter.admit(x, snapshots.current().limits());
        next.handle(x);
    }
}
