package io.llmproxy.gateway.stage;

import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Generation;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.estimate.PromptShape;
import io.llmproxy.gateway.estimate.UsageEstimator;
import io.llmproxy.gateway.scan.DeliveredText;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Counts what was sent and delivered where an answer came whose provider told no tokens, however the exchange ended; and what was sent
 * where the client left, or the gateway cut it off, before the provider that had it answered: it reads a prompt at once, and bills it.
 */
public final class Estimate implements Stage {
    private final UsageEstimator estimator;

    public Estimate(UsageEstimator estimator) {
        this.estimator = estimator;
    }

    @Override
    public void handle(Exchange x, Next next) {
        try {
            next.handle(x);
        } finally {
            DeliveredText delivered = x.tally().delivered();
            if (delivered == null && x.tally().unanswered() && Generation.possible(x)) {
                delivered = new DeliveredText();
            }
            if (delivered != null && x.tally().tokens().source() == TokenUsage.Source.NONE) {
                estimate(x, delivered);
            }
        }
    }

    private void estimate(Exchange x, DeliveredText delivered) {
        PromptShape shape = PromptShape.of(x.path());
        if (shape != PromptShape.NONE) {
            x.tally().tokens(estimator.estimate(shape, model(x), new SentBody(x), delivered));
        }
    }

    private static @Nullable String model(Exchange x) {
        Target target = x.tally().target();
        return target == null || target.model() == null ? x.ask().model() : target.model();
    }

    private record SentBody(Exchange x) implements UsageEstimator.Sent {
        @Override
        public InputStream open() throws IOException {
            return x.body().open();
        }

        @Override
        public long length() {
            return x.tally().requestBytes();
        }
    }
}
