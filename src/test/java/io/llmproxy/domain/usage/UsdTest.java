package io.llmproxy.domain.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UsdTest {
    @ParameterizedTest
    @CsvSource({
        "0,0,0",
        "0.00,0,0",
        "2.50,2500000,2.5",
        "10,10000000,10",
        "0.075,75000,0.075",
        "0.00875,8750,0.00875",
        "0.000001,1,0.000001",
        "1000000,1000000000000,1000000"
    })
    void pricesForAMillionTokensArePicoUsdForOneAndComeBack(String text, long picos, String shown) {
        assertThat(Usd.perMillion("input", text)).isEqualTo(picos);
        assertThat(Usd.perMillion(picos)).isEqualTo(shown);
    }

    @Test
    void amountsForARequestHaveTwelvePlaces() {
        assertThat(Usd.picos("per-request", "0.005")).isEqualTo(5_000_000_000L);
        assertThat(Usd.picos("per-request", "0.000000000001")).isEqualTo(1);
        assertThat(Usd.ofPicos(5_000_000_000L)).isEqualTo("0.005");
        assertThat(Usd.ofNanos(1_250_000)).isEqualTo("0.00125");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " ", "-1", "+1", "1e3", "1E-7", "1,5", ".5", "5.", "1.2.3", "NaN", "0x10", "2.50 USD", "٣"})
    void refusesWhatIsNoPlainDecimal(String text) {
        assertThatThrownBy(() -> Usd.perMillion("input", text))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageStartingWith("input: must be an amount in USD");
    }

    @Test
    void refusesWhatIsFinerOrGreaterThanItCanKeep() {
        assertThatThrownBy(() -> Usd.perMillion("input", "0.0000001")).hasMessageContaining("6 decimal places");
        assertThatThrownBy(() -> Usd.perMillion("input", "1000000.01")).hasMessageContaining("at most 1000000 USD");
        assertThatThrownBy(() -> Usd.perMillion("input", "9".repeat(40))).hasMessageStartingWith("input: ");
    }
}
