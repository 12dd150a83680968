package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.limit.LimitMetric;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Decimals that take a gigabyte, or hours, where they are written out or reckoned with. */
@Timeout(60)
class AbsurdNumbersTest {
    private static Body body(String json) {
        return Body.parse(json.getBytes(StandardCharsets.UTF_8));
    }

    private static long amount(LimitMetric metric, String json) {
        return body("{\"amount\": " + json + "}").required("amount", (f, node) -> LimitShapes.amount(metric, node));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e999999999",
                "1e-999999999",
                "\"1e999999999\"",
                "\"1e-999999999\"",
                "\"1e2147483647\"",
                "\"1e-2147483647\"",
                "\"1e99999999999\"",
                "1e-400",
                "1e41"
            })
    void areNoAmountsOfLimits(String json) {
        for (LimitMetric metric : LimitMetric.values()) {
            assertThatThrownBy(() -> amount(metric, json))
                    .isInstanceOf(InvalidValueException.class)
                    .hasMessageStartingWith("amount: must be ")
                    .hasMessageContaining("of a sensible size; got `1");
        }
    }

    @Test
    void andMegabytesOfDigitsAreNotRead() {
        assertThatThrownBy(() -> amount(LimitMetric.COST, '"' + "9".repeat(4_000_000) + '"'))
                .hasMessageContaining("of a sensible size; got `9999")
                .satisfies(e -> assertThat(String.valueOf(e.getMessage())).hasSizeLessThan(1000));
    }

    @Test
    void othersAreTakenAsTheyAreWritten() {
        assertThat(amount(LimitMetric.COST, "0.1")).isEqualTo(100_000);
        assertThat(amount(LimitMetric.COST, "\"2.50\"")).isEqualTo(2_500_000);
        assertThat(amount(LimitMetric.COST, "1234567890.123457")).isEqualTo(1_234_567_890_123_457L);
        assertThat(amount(LimitMetric.TOKENS, "1e6")).isEqualTo(1_000_000);
        assertThat(amount(LimitMetric.TOKENS, "12.0")).isEqualTo(12);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1e999999999", "1e-999999999", "1e308", "1e-400"})
    void areNeitherPricesNorAmountsOfWhatIsDeclared(String number) {
        DeclarationProblem problem = catchThrowableOfType(
                DeclarationProblem.class,
                () -> DeclarationReader.read(Json.MAPPER.readTree("""
                                {"version": 1, "tenants": {"acme": {
                                  "prices": [{"model": "m", "validFrom": "2026-01-01", "input": 1, "output": %1$s}],
                                  "limits": [{"scope": "tenant", "metric": "cost", "per": "day", "amount": %1$s}]}}}
                                """.formatted(number)), null));
        assertThat(new String(problem.answer().body(), StandardCharsets.UTF_8))
                .hasSizeLessThan(5000)
                .contains("/tenants/acme/prices/0/output", "output: must be an amount in USD")
                .contains("/tenants/acme/limits/0", "amount: must be US dollars with at most six decimals");
    }
}
