package io.llmproxy.domain.usage;

/**
 * A row of a price list that is in force somewhere.
 *
 * @param id names the row for good: what it says never changes, a new price is a new row
 */
public record Price(String id, PriceRow row) {
    public Rates rates() {
        return row.rates();
    }
}
