package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.Body;
import io.llmproxy.gateway.BodyMemory;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.GatewaySettings;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;

/** Reads the body whole, the client's pace and all, and finds out by one scan what it asks for. */
public final class Inspect implements Stage {
    private final BodyReader bodies;

    /** @param memory that bodies share */
    public Inspect(GatewaySettings settings, BodyMemory memory) {
        this.bodies = new BodyReader(settings, memory);
    }

    @Override
    public void handle(Exchange x, Next next) {
        Endpoint endpoint = x.endpoint();
        BodyReader.Read read = bodies.read(x, endpoint);
        try (Body body = read.body()) {
            x.read(body, checked(read.ask(), endpoint, x.request().method()));
            next.handle(x);
        }
    }

    private static Ask checked(Ask ask, Endpoint endpoint, String method) {
        if (ask.model() == null && endpoint.model() == Endpoint.Model.REQUIRED && method.equals("POST")) {
            throw Refusals.invalid("The request names no model.", "model");
        }
        return ask;
    }
}
