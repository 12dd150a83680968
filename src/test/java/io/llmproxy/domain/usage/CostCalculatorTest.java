package io.llmproxy.domain.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.usage.TokenUsage.Source;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CostCalculatorTest {
    /** USD per million: 2 input, 8 output, 0.5 cache read, 2.5 cache write, 40 and 80 for sound. */
    private static final Price ALL = price(2_000_000, 8_000_000, 500_000, 2_500_000, -1, 40_000_000, 80_000_000, -1);

    private static final Price PLAIN = price(2_000_000, 8_000_000, -1, -1, -1, -1, -1, -1);

    private static Price price(long... picos) {
        return new Price(
                "p",
                new PriceRow(
                        new PriceScope(null, null, new Glob("m")),
                        Instant.EPOCH,
                        new Rates(picos[0], picos[1], picos[2], picos[3], picos[4], picos[5], picos[6], picos[7]),
                        0,
                        1000));
    }

    private static TokenUsage tokens(
            long input, long output, long cached, long written, long reasoning, long audioIn, long audioOut) {
        return new TokenUsage(input, output, cached, written, reasoning, audioIn, audioOut, Source.PROVIDER);
    }

    private static void assertCost(Price price, TokenUsage tokens, @Nullable String usd, Cost.State state) {
        Cost cost = CostCalculator.cost(price, tokens, true);
        assertThat(cost.usd()).isEqualTo(usd);
        assertThat(cost.state()).isEqualTo(state);
        assertThat(cost.priceId()).isEqualTo(state == Cost.State.UNPRICED ? null : "p");
    }

    @ParameterizedTest
    @CsvSource({
        // input, output, cached, written, reasoning, audio in, audio out; by hand
        "1000, 0, 0, 0, 0, 0, 0, 0.002", // 1000 * 2
        "0, 1000, 0, 0, 0, 0, 0, 0.008", // 1000 * 8
        "1000, 500, 0, 0, 0, 0, 0, 0.006", // 2000 + 4000
        "1000, 0, 600, 0, 0, 0, 0, 0.0011", // 400 * 2 + 600 * 0.5
        "1000, 0, 1000, 0, 0, 0, 0, 0.0005", // all cached
        "1000, 0, 0, 600, 0, 0, 0, 0.0023", // 400 * 2 + 600 * 2.5
        "1000, 0, 300, 600, 0, 0, 0, 0.00185", // 100 * 2 + 300 * 0.5 + 600 * 2.5
        "0, 1000, 0, 0, 700, 0, 0, 0.008", // reasoning is output
        "1000, 0, 0, 0, 0, 250, 0, 0.0115", // 750 * 2 + 250 * 40
        "0, 1000, 0, 0, 0, 0, 400, 0.0368", // 600 * 8 + 400 * 80
        "1000, 1000, 200, 100, 300, 250, 400, 0.04805" // 450*2 + 200*.5 + 100*2.5 + 250*40 + 600*8 + 400*80
    })
    void paysForEachTokenOnce(
            long input, long output, long cached, long written, long reasoning, long in, long out, String usd) {
        assertCost(ALL, tokens(input, output, cached, written, reasoning, in, out), usd, Cost.State.PRICED);
    }

    @Test
    void neverPaysForMoreTokensThanTheSumsSay() {
        assertCost(ALL, tokens(100, 0, 500, 0, 0, 0, 0), "0.00005", Cost.State.PRICED);
        assertCost(ALL, tokens(100, 0, 60, 60, 0, 60, 0), "0.00013", Cost.State.PRICED); // 60 * 0.5 + 40 * 2.5
        assertCost(ALL, tokens(0, 100, 0, 0, 900, 0, 0), "0.0008", Cost.State.PRICED);
        assertCost(ALL, tokens(-5, -5, -5, -5, -5, -5, -5), "0", Cost.State.PRICED);
    }

    @Test
    void takesReasoningsOwnPriceWhereThereIsOne() {
        Price thinking = price(2_000_000, 8_000_000, -1, -1, 3_000_000, -1, -1, -1);
        assertCost(thinking, tokens(0, 1000, 0, 0, 600, 0, 0), "0.005", Cost.State.PRICED);
    }

    @Test
    void cachedInputWithoutAPriceCostsWhatInputDoes() {
        assertCost(PLAIN, tokens(1000, 0, 600, 0, 0, 0, 0), "0.002", Cost.State.PRICED);
    }

    @Test
    void whatMayCostMoreThanItsStandInIsPartlyPriced() {
        assertCost(PLAIN, tokens(1000, 0, 0, 600, 0, 0, 0), "0.002", Cost.State.PARTIAL);
        assertCost(PLAIN, tokens(1000, 0, 0, 0, 0, 10, 0), "0.002", Cost.State.PARTIAL);
        assertCost(PLAIN, tokens(0, 1000, 0, 0, 0, 0, 10), "0.008", Cost.State.PARTIAL);
        Price inputOnly = price(2_000_000, -1, -1, -1, -1, -1, -1, -1);
        assertCost(inputOnly, tokens(1000, 5, 0, 0, 0, 0, 0), "0.002", Cost.State.PARTIAL);
    }

    @Test
    void anUnknownPriceIsNeverZero() {
        Price outputOnly = price(-1, 8_000_000, -1, -1, -1, -1, -1, -1);
        Price sizes = price(-1, -1, -1, -1, -1, -1, -1, -1);
        assertThat(CostCalculator.cost(null, TokenUsage.of(1, 1), true)).isEqualTo(Cost.UNKNOWN);
        assertThat(CostCalculator.cost(sizes, TokenUsage.of(1, 1), true)).isEqualTo(Cost.UNKNOWN);
        assertThat(CostCalculator.cost(outputOnly, TokenUsage.of(1000, 0), true))
                .isEqualTo(Cost.UNKNOWN);
        assertThat(Cost.UNKNOWN.usd()).isNull();
    }

    @Test
    void freeIsAPrice() {
        Price free = price(0, 0, -1, -1, -1, -1, -1, -1);
        assertCost(free, tokens(1000, 1000, 100, 0, 100, 0, 0), "0", Cost.State.PRICED);
        assertCost(free, TokenUsage.NONE, "0", Cost.State.PRICED);
    }

    @Test
    void anAnswerThatNobodyCountedIsUnknownUnlessTheRequestItselfHasThePrice() {
        Price image = price(-1, -1, -1, -1, -1, -1, -1, 40_000_000_000L);
        Price both = price(2_000_000, 8_000_000, -1, -1, -1, -1, -1, 5_000_000_000L);
        assertCost(PLAIN, TokenUsage.NONE, null, Cost.State.UNPRICED);
        assertCost(image, TokenUsage.NONE, "0.04", Cost.State.PRICED);
        assertCost(image, TokenUsage.of(1000, 1000), "0.04", Cost.State.PRICED);
        assertCost(both, TokenUsage.NONE, "0.005", Cost.State.PARTIAL);
        assertCost(both, TokenUsage.of(1000, 0), "0.007", Cost.State.PRICED);
    }

    @Test
    void whatGeneratedNothingCostsNothing() {
        assertThat(CostCalculator.cost(ALL, TokenUsage.NONE, false)).isEqualTo(Cost.NOTHING);
        assertThat(CostCalculator.cost(null, TokenUsage.NONE, false)).isEqualTo(Cost.NOTHING);
    }

    @Test
    void roundsOnceHalfUpToNanoUsd() {
        Price small = price(75, 25, -1, -1, -1, -1, -1, -1); // pico-USD
        assertThat(CostCalculator.cost(small, TokenUsage.of(6, 1), true).nanos())
                .isZero(); // 475
        assertThat(CostCalculator.cost(small, TokenUsage.of(6, 2), true).nanos())
                .isEqualTo(1); // 500
        // each part for itself would be rounded down: together they are 0.8 nano-USD
        assertThat(CostCalculator.cost(price(400, 400, -1, -1, -1, -1, -1, -1), TokenUsage.of(1, 1), true)
                        .nanos())
                .isEqualTo(1);
    }

    @Test
    void absurdCountsEndAtTheGreatestAmountInsteadOfBelowZero() {
        Price dear = price(1_000_000_000_000L, 1_000_000_000_000L, -1, -1, -1, -1, -1, -1);
        Cost cost = CostCalculator.cost(dear, TokenUsage.of(1_000_000_000_000L, 1_000_000_000_000L), true);
        assertThat(cost.usd()).isEqualTo("9223372.036854776");
        assertThat(CostCalculator.upperBoundMicros(dear, 1_000_000_000_000L, 0)).hasValue(9_223_372_036_855L);
    }

    @Test
    void theUpperBoundTakesTheDearestKindsAndRoundsUp() {
        assertThat(CostCalculator.upperBoundMicros(PLAIN, 1000, 500)).hasValue(6000);
        assertThat(CostCalculator.upperBoundMicros(ALL, 1000, 500)).hasValue(80_000); // all of it sound
        assertThat(CostCalculator.upperBoundMicros(price(1, 1, -1, -1, -1, -1, -1, -1), 1, 0))
                .hasValue(1);
        assertThat(CostCalculator.upperBoundMicros(price(-1, -1, -1, -1, -1, -1, -1, 5_000_000_000L), 1000, 500))
                .hasValue(5000);
    }

    @Test
    void thereIsNoUpperBoundWhereAPriceIsMissing() {
        assertThat(CostCalculator.upperBoundMicros(null, 1, 1)).isEmpty();
        assertThat(CostCalculator.upperBoundMicros(price(2, -1, -1, -1, -1, -1, -1, -1), 1, 1))
                .isEmpty();
        assertThat(CostCalculator.upperBoundMicros(price(2_000_000, -1, -1, -1, -1, -1, -1, -1), 10, 0))
                .hasValue(20);
        assertThatThrownBy(() -> CostCalculator.upperBoundMicros(PLAIN, -1, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noCostIsAboveTheUpperBoundOfAsManyTokens() {
        Random random = new Random(11);
        List<Long> some = List.of(-1L, 0L, 1L, 999L, 75_000L, 2_500_000L);
        for (int i = 0; i < 20_000; i++) {
            Price price = price(
                    some.get(1 + random.nextInt(5)),
                    some.get(1 + random.nextInt(5)),
                    some.get(random.nextInt(6)),
                    some.get(random.nextInt(6)),
                    some.get(random.nextInt(6)),
                    some.get(random.nextInt(6)),
                    some.get(random.nextInt(6)),
                    some.get(random.nextInt(6)));
            TokenUsage used = tokens(
                    random.nextInt(3000),
                    random.nextInt(3000),
                    random.nextInt(3000),
                    random.nextInt(3000),
                    random.nextInt(3000),
                    random.nextInt(3000),
                    random.nextInt(3000));
            long bound = CostCalculator.upperBoundMicros(price, used.input() + random.nextInt(9), used.output())
                    .orElseThrow();
            assertThat(CostCalculator.cost(price, used, true).microsRoundedUp()).isLessThanOrEqualTo(bound);
        }
    }
}
