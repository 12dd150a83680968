package io.llmproxy.gateway.stage;

import io.llmproxy.domain.usage.Price;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Generation;
import io.llmproxy.gateway.PricingRules;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;

/**
 * Refuses what may generate something at a price that nobody knows, where the operator wants that. One target without a price is
 * enough: nobody can say beforehand which of them will serve the request.
 */
public final class Pricing implements Stage {
    private final boolean deny;

    public Pricing(PricingRules rules) {
        this.deny = rules.denyUnknown();
    }

    @Override
    public void handle(Exchange x, Next next) {
        if (deny && Generation.possible(x)) {
            for (Target target : x.plan()) {
                requirePrice(x, target);
            }
        }
        next.handle(x);
    }

    private static void requirePrice(Exchange x, Target target) {
        Price price = x.price(target);
        if (price == null || !price.rates().known()) {
            String model = target.model();
            throw Refusals.modelNotPriced(model == null ? "" : model);
        }
    }
}
