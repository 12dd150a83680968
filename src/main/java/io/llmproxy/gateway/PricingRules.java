package io.llmproxy.gateway;

/**
 * What an operator wants done about the cost of requests.
 *
 * @param denyUnknown whether a request whose model has no known price is refused
 * @param costHeader whether clients are told what an answer cost
 */
public record PricingRules(boolean denyUnknown, boolean costHeader) {
    public static final PricingRules DEFAULT = new PricingRules(false, false);
}
