package io.llmproxy.gateway.limit;

import io.llmproxy.domain.usage.CostCalculator;
import io.llmproxy.domain.usage.Price;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Generation;
import io.llmproxy.gateway.PricingRules;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Target;
import java.util.List;
import java.util.OptionalLong;

/** Tells what a request may come to cost, before it is sent. */
final class CostBounds {
    private final boolean deny;

    /** @param rules say what becomes of what has no price, or none for a part of it */
    CostBounds(PricingRules rules) {
        this.deny = rules.denyUnknown();
    }

    /**
     * The most that it may cost at any of the targets, in micro-USD; 0 where it is free everywhere, generates nothing, or nobody
     * knows a price. Whatever else may be billed reserves a millionth of a USD at least, so that none begins when all is used up.
     *
     * @throws io.llmproxy.domain.error.ProxyException where the cost cannot be told and the operator wants such refused
     */
    long micros(Exchange x, Need need, List<Target> targets) {
        if (targets.isEmpty() || !Generation.possible(x)) {
            return 0;
        }
        long dearest = 0;
        for (Target target : targets) {
            dearest = Math.max(dearest, micros(x, need, target));
        }
        return dearest;
    }

    private long micros(Exchange x, Need need, Target target) {
        Price price = x.price(target);
        long output = price == null ? need.outputTokens() : Needs.output(x, need, price);
        OptionalLong bound = CostCalculator.upperBoundMicros(price, need.inputTokens(), output);
        if (bound.isEmpty() && deny) {
            String model = target.model();
            throw Refusals.modelNotPriced(model == null ? "" : model);
        }
        if (price == null || !price.rates().known() || price.rates().free()) {
            return 0;
        }
        return Math.max(1, bound.orElse(0));
    }
}
