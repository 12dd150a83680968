package io.llmproxy.adapter.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.TokenEncoding;
import java.util.List;
import org.junit.jupiter.api.Test;

class JtokkitTokenizerTest {
    private final JtokkitTokenizer tokenizer = new JtokkitTokenizer();

    /** The examples of OpenAI's cookbook, "How to count tokens with tiktoken". */
    @Test
    void countsAsThePublishedExamplesDo() {
        assertThat(tokenizer.count(TokenEncoding.CL100K_BASE, "tiktoken is great!"))
                .isEqualTo(6);
        assertThat(tokenizer.count(TokenEncoding.O200K_BASE, "tiktoken is great!"))
                .isEqualTo(6);
        assertThat(tokenizer.count(TokenEncoding.CL100K_BASE, "お誕生日おめでとう")).isEqualTo(9);
        assertThat(tokenizer.count(TokenEncoding.O200K_BASE, "お誕生日おめでとう")).isEqualTo(8);
        assertThat(tokenizer.count(TokenEncoding.O200K_BASE, "")).isZero();
    }

    @Test
    void takesTheNamesOfSpecialTokensForText() {
        assertThat(tokenizer.count(TokenEncoding.O200K_BASE, "<|endoftext|>")).isGreaterThan(1);
    }

    @Test
    void takesWhatIsNoText() {
        assertThat(tokenizer.count(TokenEncoding.O200K_BASE, "\uD800 \uFFFD \u0000"))
                .isPositive();
    }

    @Test
    void knowsTheEncodingOfEachModel() {
        for (String model : List.of(
                "gpt-4",
                "gpt-4-0613",
                "gpt-4-turbo-2024-04-09",
                "gpt-3.5-turbo",
                "gpt-35-turbo-16k",
                "text-embedding-3-small",
                "text-embedding-ada-002",
                "davinci-002",
                "ft:gpt-3.5-turbo:acme::abc",
                "openai/gpt-4",
                "GPT-4")) {
            assertThat(TokenEncoding.of(model)).as(model).isEqualTo(TokenEncoding.CL100K_BASE);
        }
        for (String model : List.of(
                "gpt-4o",
                "gpt-4o-mini",
                "gpt-4.1-nano",
                "gpt-4.5-preview",
                "gpt-5",
                "o1",
                "o3-mini",
                "ft:gpt-4o-mini:acme::abc",
                "mistral-small",
                "deepseek-chat",
                "")) {
            assertThat(TokenEncoding.of(model)).as(model).isEqualTo(TokenEncoding.O200K_BASE);
        }
        assertThat(TokenEncoding.of(null)).isEqualTo(TokenEncoding.O200K_BASE);
    }
}
