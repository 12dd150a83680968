package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.ClientPath;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;

/** Finds out which endpoint method and path mean: what the body must be like, and what limits of endpoints are about, before it is received. */
public final class Locate implements Stage {
    @Override
    public void handle(Exchange x, Next next) {
        ClientPath meant = ClientPath.of(x.request().path());
        if (meant != null) {
            x.means(meant);
        }
        Endpoint endpoint = Endpoint.of(x.request().method(), x.path());
        x.located(endpoint);
        if (endpoint.kind() == Endpoint.Kind.UNKNOWN) {
            throw Refusals.notFound(
                    "There is no such endpoint; the gateway serves /v1/, /v1beta/models/, /openai/, /api/ and /p/PROVIDER/.");
        }
        next.handle(x);
    }
}
