package io.llmproxy;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.usage.PriceCatalogue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The price list inside the program. */
final class BundledPrices {
    private static final String FILE = "prices.csv";

    private BundledPrices() {}

    static PriceCatalogue read() throws IOException {
        try (InputStream in = Objects.requireNonNull(BundledPrices.class.getResourceAsStream(FILE), FILE)) {
            return PriceCatalogue.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (InvalidValueException e) {
            throw new IOException("the price list inside the program is damaged: " + e.getMessage(), e);
        }
    }
}
