package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Generation;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;

/**
 * Listens to the answer for the tokens that the provider counted. Where a stream would not tell them it makes the request ask,
 * and keeps the extra that comes of that from the client.
 */
public final class Meter implements Stage {
    @Override
    public void handle(Exchange x, Next next) {
        if (!x.ask().usageInStream().isEmpty() && x.plan().stream().allMatch(Meter::tellsWhenAsked)) {
            x.wantUsage();
        }
        MeteredSink metered = new MeteredSink(x, x.sink(), Generation.possible(x));
        try {
            metered.between(x, next);
        } finally {
            metered.report();
        }
    }

    private static boolean tellsWhenAsked(Target target) {
        return target.provider().account().askForStreamUsage();
    }
}
