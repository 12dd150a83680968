package io.llmproxy.domain.route;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Locale;

/** Which of a route's targets is called first; the others follow in the same order where it fails. */
public enum BalancePolicy {
    /** In the order in which they are written. */
    FAILOVER,
    /** Each in its turn. */
    ROUND_ROBIN,
    /** By chance, as often as its weight says. */
    WEIGHTED,
    /** The one whose first byte came soonest of late. */
    LEAST_LATENCY,
    /** The one that this request costs least; those without a known price come last. */
    COST;

    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** @throws InvalidValueException where it is none of the words */
    public static BalancePolicy parse(String field, String text) {
        for (BalancePolicy value : values()) {
            if (value.word().equals(text)) {
                return value;
            }
        }
        throw new InvalidValueException(
                field, "must be failover, round-robin, weighted, least-latency or cost; got " + Checks.quoted(text));
    }
}
