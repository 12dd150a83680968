package io.llmproxy.domain.usage;

import java.util.List;

/** The price list that the program brings along. Immutable. */
public final class PriceCatalogue {
    public static final PriceCatalogue EMPTY = new PriceCatalogue(List.of());

    private final List<Price> prices;
    private final PriceLayer layer;

    private PriceCatalogue(List<Price> prices) {
        this.prices = List.copyOf(prices);
        this.layer = new PriceLayer(prices);
    }

    /**
     * Reads a list of {@link PriceList}'s format; the id of a row is made of what it is for, and so is the same in every process.
     *
     * @throws io.llmproxy.domain.error.InvalidValueException naming the lines at fault
     */
    public static PriceCatalogue parse(String text) {
        return new PriceCatalogue(PriceList.parse(text, null).stream()
                .map(row -> new Price(id(row), row))
                .toList());
    }

    private static String id(PriceRow row) {
        return "catalogue:" + row.scope() + "@" + row.validFrom().toString().substring(0, 10);
    }

    /** In the order of the list. */
    public List<Price> prices() {
        return prices;
    }

    PriceLayer layer() {
        return layer;
    }
}
