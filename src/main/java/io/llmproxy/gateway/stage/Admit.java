package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.HeaderPolicy;
import io.llmproxy.gateway.InFlight;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import java.util.concurrent.atomic.AtomicInteger;

/** Refuses what can be refused without key and body: while shutting down, while nothing can be accounted for, loops, too many at once. */
public final class Admit implements Stage {
    private final InFlight inFlight;
    private final Ledger ledger;
    private final int limit;
    private final AtomicInteger admitted = new AtomicInteger();

    /** @param limit how many requests may be beyond this stage at once; 0: any number */
    public Admit(InFlight inFlight, Ledger ledger, int limit) {
        this.inFlight = inFlight;
        this.ledger = ledger;
        this.limit = limit;
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
        try {
            if (admitted.incrementAndGet() > limit && limit > 0) {
                throw new ProxyException(
                        new ProxyError.LimitExceeded("config:concurrency", "global", "concurrency", limit, "-", 1));
            }
            next.handle(x);
        } finally {
            admitted.decrementAndGet();
        }
    }
}
