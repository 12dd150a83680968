package io.llmproxy.domain.usage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.time.Instant;

/**
 * One line of a price list.
 *
 * @param validFrom requests that begin then or later, up to the next row of the same scope
 * @param contextTokens how many tokens the model takes in all; 0: not told
 * @param maxOutputTokens how many it generates at most; 0: not told
 */
public record PriceRow(PriceScope scope, Instant validFrom, Rates rates, long contextTokens, long maxOutputTokens) {
    public PriceRow {
        Checks.atLeast("context", contextTokens, 0);
        Checks.atLeast("max-output", maxOutputTokens, 0);
        if (!rates.known() && contextTokens == 0 && maxOutputTokens == 0) {
            throw new InvalidValueException("price", "tells neither a price nor a size");
        }
    }

    /** Whether it says the same of the same scope, whenever it began to. */
    public boolean sameAs(PriceRow other) {
        return scope.equals(other.scope) && sameTerms(other);
    }

    private boolean sameTerms(PriceRow other) {
        return rates.equals(other.rates)
                && contextTokens == other.contextTokens
                && maxOutputTokens == other.maxOutputTokens;
    }
}
