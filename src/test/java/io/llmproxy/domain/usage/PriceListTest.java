package io.llmproxy.domain.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriceListTest {
    @Test
    void readsEveryColumnInAnyOrderAndLeavesEmptyOnesUnknown() {
        List<PriceRow> rows = PriceList.parse("""
                # a comment

                model, type, valid-from, output, input, cache-read, cache-write, reasoning, audio-input, audio-output, per-request, context, max-output
                gpt-4o, openai, 2024-05-13, 10, 2.50, 1.25, 3, 11, 40, 80, 0.01, 128000, 16384
                gpt-5,  openai, 2025-08-07T10:00:00+02:00,, 1.25
                """.replace("\n", "\r\n"), null);
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).rates())
                .isEqualTo(new Rates(
                        2_500_000,
                        10_000_000,
                        1_250_000,
                        3_000_000,
                        11_000_000,
                        40_000_000,
                        80_000_000,
                        10_000_000_000L));
        assertThat(rows.get(0).contextTokens()).isEqualTo(128_000);
        assertThat(rows.get(0).maxOutputTokens()).isEqualTo(16_384);
        assertThat(rows.get(0).validFrom()).isEqualTo(Instant.parse("2024-05-13T00:00:00Z"));
        assertThat(rows.get(1).validFrom()).isEqualTo(Instant.parse("2025-08-07T08:00:00Z"));
        assertThat(rows.get(1).rates()).isEqualTo(new Rates(1_250_000, -1, -1, -1, -1, -1, -1, -1));
        assertThat(rows.get(1).maxOutputTokens()).isZero();
    }

    @Test
    void rowsWithoutATimeHoldFromTheGivenOne() {
        Instant from = Instant.parse("2026-01-01T00:00:00Z");
        assertThat(PriceList.parse("model,input\nm,1", from).getFirst().validFrom())
                .isEqualTo(from);
        assertThatThrownBy(() -> PriceList.parse("model,input\nm,1", null))
                .hasMessageContaining("line 2: valid-from: must be given");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''|no line that names the columns",
                "'# only a comment'|no line that names the columns",
                "'model,price'|line 1: column: `price` is none of type, provider, model",
                "'model,input,input'|line 1: column: `input` is there twice",
                "'type,input'|line 1: column: `model` is missing",
                "'model,input;m,1,2'|line 2: row: has 3 values for 2 columns",
                "'model,input;,1'|line 2: model: must not be empty",
                "'model,input;m,-1'|line 2: input: must be an amount in USD",
                "'model,input;m,1e-7'|line 2: input: must be an amount in USD",
                "'model,input;m,1e-999999999'|line 2: input: must be an amount in USD, such as 2.50 or 0.075; got `1e-999999999`",
                "'model,input,output;m,1,1e999999999'|line 2: output: must be an amount in USD",
                "'model,per-request;m,1e-999999999'|line 2: per-request: must be an amount in USD",
                "'model,input;m,0.00000012'|line 2: input: must have at most 6 decimal places",
                "'model,input;m,'|line 2: price: tells neither a price nor a size",
                "'model,input;m,1;m,2'|line 3: model: `m` of that time is on line 2 already",
                "'model,input,context;m,1,many'|line 2: context: must be a number of tokens",
                "'model,input,context;m,1,99999999999'|line 2: context: must be a number of tokens",
                "'model,input,valid-from;m,1,yesterday'|line 2: valid-from: must be a date as",
                "'model,input,type,provider;m,1,openai,up'|line 2: type: a price is for a provider or for a type",
                "'model,input,type;m,1,Open AI'|line 2: type: must be 1 to 63 lower-case",
                "'model,input,provider;m,1,a/b'|line 2: provider: must be 1 to 63 letters"
            })
    void refusesAListThatIsWrongAndNamesTheLine(String text, String said) {
        assertThatThrownBy(() -> PriceList.parse(text.replace(';', '\n'), Instant.EPOCH))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining(said);
    }

    @Test
    void namesTheFirstTenFaultsAtOnce() {
        String bad = "model,input\n" + "m,x\n".repeat(100);
        assertThatThrownBy(() -> PriceList.parse(bad, Instant.EPOCH))
                .hasMessageContaining("line 2: ")
                .hasMessageContaining("line 11: ")
                .extracting(e -> String.valueOf(e.getMessage()))
                .asString()
                .doesNotContain("line 12: ");
    }

    @Test
    void keepsNoMoreRowsThanItsBound() {
        StringBuilder list = new StringBuilder("model,input\n");
        for (int i = 0; i <= PriceList.MAX_ROWS; i++) {
            list.append('m').append(i).append(",1\n");
        }
        assertThatThrownBy(() -> PriceList.parse(list.toString(), Instant.EPOCH))
                .hasMessageContaining("has more than 20000 rows");
    }
}
