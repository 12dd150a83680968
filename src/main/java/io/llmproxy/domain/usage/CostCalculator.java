package io.llmproxy.domain.usage;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * From tokens and a price to a cost. Tokens overlap as {@link TokenUsage} says; each is paid for once:
 *
 * <pre>
 * input  = cached + written to the cache + sound + the rest     output = sound + reasoning + the rest
 * </pre>
 *
 * <p>Where the parts that a provider tells are more than their sum, they are cut in this order: the sum is what is billed. All is
 * summed up in pico-USD, exactly, and rounded once, half up, to nano-USD. What would be above 9,223,372 USD counts as that.
 */
public final class CostCalculator {
    private CostCalculator() {}

    /**
     * The cost of a request that ended.
     *
     * @param price the row that was valid when the request began; null: none is known
     * @param generated whether an answer came that something may have been generated for, though no tokens may be told
     */
    public static Cost cost(@Nullable Price price, TokenUsage tokens, boolean generated) {
        boolean counted = tokens.source() != TokenUsage.Source.NONE;
        if (!counted && !generated) {
            return Cost.NOTHING;
        }
        if (price == null || !price.rates().known()) {
            return Cost.UNKNOWN;
        }
        return counted ? counted(price, tokens) : uncounted(price);
    }

    private static Cost counted(Price price, TokenUsage tokens) {
        Rates rates = price.rates();
        Sum sum = new Sum();
        if (rates.ofTokens()) {
            input(sum, rates, tokens);
            output(sum, rates, tokens);
        }
        sum.request(rates.perRequest());
        return sum.cost(price);
    }

    private static void input(Sum sum, Rates rates, TokenUsage tokens) {
        long rest = Math.max(0, tokens.input());
        long read = part(tokens.cachedInput(), rest);
        rest -= read;
        long written = part(tokens.cacheWrite(), rest);
        rest -= written;
        long audio = part(tokens.audioInput(), rest);
        sum.add(rest - audio, rates.input());
        // nobody asks more for what is cached than for what is not: input's price is an upper bound
        sum.add(read, rates.cacheRead() >= 0 ? rates.cacheRead() : rates.input());
        sum.addAtLeast(written, rates.cacheWrite(), rates.input());
        sum.addAtLeast(audio, rates.audioInput(), rates.input());
    }

    private static void output(Sum sum, Rates rates, TokenUsage tokens) {
        long rest = Math.max(0, tokens.output());
        long audio = part(tokens.audioOutput(), rest);
        rest -= audio;
        long reasoning = part(tokens.reasoning(), rest);
        sum.add(rest - reasoning, rates.output());
        sum.add(reasoning, rates.reasoning() >= 0 ? rates.reasoning() : rates.output());
        sum.addAtLeast(audio, rates.audioOutput(), rates.output());
    }

    private static long part(long told, long whole) {
        return Math.clamp(told, 0, whole);
    }

    /** An answer without tokens: what is billed by the request alone, or is free, has a cost all the same. */
    private static Cost uncounted(Price price) {
        Rates rates = price.rates();
        boolean tokensCost = rates.dearestInput() > 0 || rates.dearestOutput() > 0;
        boolean requestCosts = rates.perRequest() >= 0;
        if (tokensCost && !requestCosts) {
            return Cost.UNKNOWN;
        }
        Sum sum = new Sum();
        sum.request(Math.max(0, rates.perRequest()));
        sum.missing |= tokensCost;
        return sum.cost(price);
    }

    /**
     * The most that a request can cost, in micro-USD, rounded up: what a limit has to reserve. It is never below what {@link #cost}
     * gives for as many tokens or fewer.
     *
     * @param maxOutputTokens of all choices together
     * @return empty where it cannot be told, since something of it has no price
     */
    public static OptionalLong upperBoundMicros(@Nullable Price price, long inputTokens, long maxOutputTokens) {
        if (inputTokens < 0 || maxOutputTokens < 0) {
            throw new IllegalArgumentException("tokens below 0: " + inputTokens + ", " + maxOutputTokens);
        }
        if (price == null || !price.rates().known()) {
            return OptionalLong.empty();
        }
        Rates rates = price.rates();
        boolean untold = inputTokens > 0 && rates.input() < 0 || maxOutputTokens > 0 && rates.output() < 0;
        if (untold && rates.ofTokens()) {
            return OptionalLong.empty();
        }
        Sum sum = new Sum();
        sum.add(inputTokens, Math.max(0, rates.dearestInput()));
        sum.add(maxOutputTokens, Math.max(0, rates.dearestOutput()));
        sum.request(rates.perRequest());
        return OptionalLong.of(Math.ceilDiv(sum.picos, Usd.PICOS_PER_MICRO));
    }

    /** Pico-USD, and whether they are all. */
    private static final class Sum {
        private long picos;
        private boolean some;
        private boolean missing;

        void add(long tokens, long rate) {
            if (tokens == 0) {
                return;
            }
            if (rate < 0) {
                missing = true;
            } else {
                add(product(tokens, rate));
            }
        }

        /** What has no price of its own costs at least as much as that of {@code instead}. */
        void addAtLeast(long tokens, long rate, long instead) {
            missing |= tokens > 0 && rate < 0;
            add(tokens, rate >= 0 ? rate : instead);
        }

        void request(long rate) {
            if (rate >= 0) {
                add(rate);
            }
        }

        private void add(long more) {
            some = true;
            picos = picos > Long.MAX_VALUE - more ? Long.MAX_VALUE : picos + more;
        }

        private static long product(long tokens, long rate) {
            return Math.multiplyHigh(tokens, rate) != 0 || tokens * rate < 0 ? Long.MAX_VALUE : tokens * rate;
        }

        Cost cost(Price price) {
            if (missing && !some) {
                return Cost.UNKNOWN;
            }
            long nanos = picos / Usd.PICOS_PER_NANO + (picos % Usd.PICOS_PER_NANO >= Usd.PICOS_PER_NANO / 2 ? 1 : 0);
            return new Cost(nanos, missing ? Cost.State.PARTIAL : Cost.State.PRICED, price.id());
        }
    }
}
