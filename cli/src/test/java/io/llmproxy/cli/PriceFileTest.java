package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PriceFileTest {
    private static final String HEADER =
            "type,model,input,output,cache-read,cache-write,reasoning,audio-input,audio-output,context,max-output\n";

    private static PriceFile read(String text, @Nullable String format, String... only) {
        return PriceFile.read(text.getBytes(StandardCharsets.UTF_8), format, Set.of(only), false);
    }

    @Test
    void takesLiteLlmsMapAsDecimalsForAMillionTokens() {
        PriceFile file = read("""
                {"sample_spec": {"litellm_provider": "one of these", "input_cost_per_token": 0.0},
                 "gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06,
                   "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-06,
                   "max_input_tokens": 128000, "max_output_tokens": 16384, "aliases": ["gpt-4o-again"]},
                 "groq/llama": {"litellm_provider": "groq", "mode": "chat", "input_cost_per_token": 5e-08,
                   "output_cost_per_token": 8e-08, "max_output_tokens": "a text"},
                 "fireworks_ai/accounts/x": {"litellm_provider": "fireworks_ai", "input_cost_per_token": 1e-7},
                 "anthropic.claude": {"litellm_provider": "bedrock_converse", "mode": "chat",
                   "input_cost_per_token": 0.000003, "cache_creation_input_token_cost": 3.75e-06},
                 "ft:gpt-4o": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 3.75e-06}}
                """, null);
        assertThat(file.list()).isEqualTo(HEADER + """
                openai,gpt-4o,2.5,10,1.25,,,,,128000,16384
                openai,gpt-4o-again,2.5,10,1.25,,,,,128000,16384
                groq,llama,0.05,0.08,,,,,,,
                fireworks,accounts/x,0.1,,,,,,,,
                bedrock,anthropic.claude,3,,,3.75,,,,,
                openai,ft:gpt-4o:*,3.75,,,,,,,,
                """);
        assertThat(file.rows()).isEqualTo(6);
        assertThat(file.note()).isEmpty();
    }

    @Test
    void takesModelsDevsList() {
        PriceFile file = read("""
                {"google": {"id": "google", "models": {"gemini-2.5-flash": {"cost":
                    {"input": 0.3, "output": 2.5, "cache_read": 0.075, "input_audio": 1},
                    "limit": {"context": 1048576, "output": 65536}}}},
                 "xai": {"models": {"grok": {"cost": {"input": 3, "output": 15, "reasoning": 15}}, "none": {}}}}
                """, null);
        assertThat(file.list()).isEqualTo(HEADER + """
                gemini,gemini-2.5-flash,0.3,2.5,0.075,,,1,,1048576,65536
                xai,grok,3,15,,,15,,,,
                """);
        assertThat(file.note()).isEqualTo("1 rows have no price for tokens and were left out");
    }

    @Test
    void leavesOutWhatItCannotKnowAndSaysSo() {
        PriceFile file = read("""
                {"dall-e": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_pixel": 1e-8},
                 "whisper": {"litellm_provider": "openai", "mode": "audio_transcription", "input_cost_per_second": 0.0001},
                 "a,b": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6},
                 "minus": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": -1e-6},
                 "absurd": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2},
                 "zero": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0.0},
                 "fine": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1.0416667e-7}}
                """, "litellm");
        assertThat(file.list()).isEqualTo(HEADER + "openai,fine,0.104167,,,,,,,,\n");
        assertThat(file.note())
                .isEqualTo("3 rows have no price for tokens and were left out; 2 rows have a price that is negative,"
                        + " too high, too small or no number and were left out: minus (input_cost_per_token),"
                        + " absurd (input_cost_per_token); 1 rows say 0 and were left out;"
                        + " --free takes them; 1 prices were rounded to 6 places");
    }

    @Test
    void takesNumbersThatAreTexts() {
        PriceFile file = read("""
                {"a": {"litellm_provider": "openai", "input_cost_per_token": 1.5e-07, "output_cost_per_token": "6e-07"},
                 "b": {"litellm_provider": "openai", "input_cost_per_token": "0.000003", "output_cost_per_token": null}}
                """, null);
        assertThat(file.list()).isEqualTo(HEADER + "openai,a,0.15,0.6,,,,,,,\nopenai,b,3,,,,,,,,\n");
        assertThat(file.note()).isEmpty();
    }

    /** Else the model would be served as if its output cost what its input does, or nothing. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-1e-6",
                "\"-6e-07\"",
                "\"free\"",
                "\"\"",
                "\" 1e-6\"",
                "\"NaN\"",
                "\"1,5e-6\"",
                "\"1e999\"",
                "1e-999999999",
                "\"1e-999999999\"",
                "1e999999999",
                "-0e999999999",
                "2",
                "true",
                "{}",
                "[1e-6]"
            })
    void leavesOutTheWholeRowWhereOnePriceIsNone(String price) {
        String row =
                "{\"litellm_provider\": \"openai\", \"input_cost_per_token\": 1.5e-07, \"output_cost_per_token\": ";
        PriceFile file = read("{\"bad\": " + row + price + "}, \"good\": " + row + "6e-07}}", "litellm");
        assertThat(file.list()).isEqualTo(HEADER + "openai,good,0.15,0.6,,,,,,,\n");
        assertThat(file.note())
                .isEqualTo("1 rows have a price that is negative, too high, too small or no number and were left out:"
                        + " bad (output_cost_per_token)");
        assertThatThrownBy(() -> read("{\"bad\": " + row + price + "}}", "litellm"))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("bad (output_cost_per_token)");
    }

    @Test
    void takesTheTypesThatAreWanted() {
        String map = """
                {"gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 2.5e-06},
                 "groq/llama": {"litellm_provider": "groq", "input_cost_per_token": 0}}
                """;
        assertThat(read(map, null, "openai").list()).isEqualTo(HEADER + "openai,gpt-4o,2.5,,,,,,,,\n");
        assertThat(PriceFile.read(map.getBytes(StandardCharsets.UTF_8), null, Set.of("groq"), true)
                        .list())
                .isEqualTo(HEADER + "groq,llama,0,,,,,,,,\n");
        assertThatThrownBy(() -> read(map, null, "azure"))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("no price that could be taken");
        assertThatThrownBy(() -> read("model,input\nm,1\n", null, "openai")).hasMessageContaining("--only");
    }

    @Test
    void givesTheOwnFormatOnAsItIs() {
        assertThat(read("\uFEFF# mine\nmodel,input\nm,1\n", null).list()).isEqualTo("# mine\nmodel,input\nm,1\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "{\"a\":", "{\"a\": NaN}", "{} {}", "{}", "{\"a\": 1}", "{\"a\": {\"models\": []}}"})
    void refusesWhatIsNoSuchList(String text) {
        assertThatThrownBy(() -> read(text, null)).isInstanceOf(CliException.class);
    }

    @Test
    void refusesBytesThatAreNoText() {
        assertThatThrownBy(() -> PriceFile.read(new byte[] {'m', (byte) 0xff, 1}, null, Set.of(), false))
                .hasMessageContaining("not UTF-8");
        assertThatThrownBy(() -> read("[1]", "litellm")).hasMessageContaining("neither LiteLLM's map nor");
    }
}
