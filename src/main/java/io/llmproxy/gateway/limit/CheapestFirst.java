package io.llmproxy.gateway.limit;

import io.llmproxy.domain.usage.CostCalculator;
import io.llmproxy.domain.usage.Price;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Target;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;

/** Orders targets by what a request may cost there. */
public final class CheapestFirst {
    private CheapestFirst() {}

    private record Priced(Target target, long micros) {}

    /** The cheapest first, by the prices of the moment, this request's input and the bound of its output; those without a price last. */
    public static List<Target> of(Exchange x, List<Target> targets) {
        Need need = Needs.of(x, targets);
        return targets.stream()
                .map(t -> new Priced(t, micros(x, need, t)))
                .sorted(Comparator.comparingLong(Priced::micros))
                .map(Priced::target)
                .toList();
    }

    /** The most that the request may cost there, in micro-USD; empty: nobody knows. */
    public static OptionalLong boundMicros(Exchange x, Target target) {
        long micros = micros(x, Needs.of(x, List.of(target)), target);
        return micros == Long.MAX_VALUE ? OptionalLong.empty() : OptionalLong.of(micros);
    }

    private static long micros(Exchange x, Need need, Target target) {
        Price price = x.price(target);
        return price == null || !price.rates().known()
                ? Long.MAX_VALUE
                : CostCalculator.upperBoundMicros(price, need.inputTokens(), Needs.output(x, need, price))
                        .orElse(Long.MAX_VALUE);
    }
}
