package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.Price;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.domain.usage.Rates;
import io.llmproxy.domain.usage.Usd;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BundledPricesTest {
    private final PriceCatalogue catalogue = BundledPrices.read();

    BundledPricesTest() throws IOException {}

    private Price price(String scope) {
        return catalogue.prices().stream()
                .filter(p -> p.row().scope().toString().equals(scope))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void knowsThePricesAndSizesOfCommonModels() {
        assertThat(price("openai:gpt-4o").rates())
                .isEqualTo(new Rates(2_500_000, 10_000_000, 1_250_000, -1, -1, -1, -1, -1));
        assertThat(price("openai:gpt-4o").row().maxOutputTokens()).isEqualTo(16_384);
        assertThat(Usd.perMillion(price("anthropic:claude-sonnet-4").rates().cacheWrite()))
                .isEqualTo("3.75");
        assertThat(price("openai:text-embedding-3-small").rates().input()).isEqualTo(20_000);
        assertThat(price("openai:gpt-4o-audio-preview").rates().audioOutput()).isEqualTo(80_000_000);
    }

    @Test
    void saysNothingThatCannotBe() {
        Set<String> ids = new HashSet<>();
        assertThat(catalogue.prices()).hasSizeGreaterThan(200).allSatisfy(price -> {
            Rates rates = price.rates();
            assertThat(ids.add(price.id())).as(price.id()).isTrue();
            assertThat(rates.input()).as(price.id()).isNotNegative();
            assertThat(rates.output()).as(price.id()).isNotNegative();
            assertThat(rates.cacheRead()).as(price.id()).isLessThanOrEqualTo(rates.input());
            assertThat(price.row().scope().type()).as(price.id()).isNotNull();
        });
    }

    @Test
    void nothingIsFreeButWhatItsSellerSaysIs() {
        List<String> free = catalogue.prices().stream()
                .filter(p -> p.rates().input() == 0 && p.rates().output() == 0)
                .map(p -> p.row().scope().toString())
                .toList();
        assertThat(free)
                .containsExactlyInAnyOrder(
                        "openai:omni-moderation-*", "openai:text-moderation-*", "openrouter:*:free", "simulated:*");
    }

    @Test
    void isSmall() throws IOException {
        try (InputStream in = Objects.requireNonNull(BundledPrices.class.getResourceAsStream("prices.csv"))) {
            assertThat(in.readAllBytes()).hasSizeLessThan(40_000);
        }
    }
}
