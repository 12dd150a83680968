package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    @ParameterizedTest
    @CsvSource({
        "gpt-4o, gpt-4o, true",
        "gpt-4o, gpt-4o-mini, false",
        "gpt-4o, GPT-4O, false",
        "gpt-*, gpt-4o, true",
        "gpt-*, gpt-, true",
        "*, anything/at-all, true",
        "*mini, gpt-4o-mini, true",
        "*mini, gpt-4o-mini-x, false",
        "a*b*c, aXbYc, true",
        "a*b*c, acb, false",
        "a*a*a*a*b, aaaaaaaaaaaaaaaaaaaaaaaaaaaa, false",
        "**x**, x, true",
    })
    void matches(String pattern, String text, boolean expected) {
        assertThat(new Glob(pattern).matches(text)).isEqualTo(expected);
    }

    @Test
    void ordersTheMostSpecificFirst() {
        assertThat(Stream.of("*", "gpt-*", "gpt-4*", "gpt-4o", "a")
                        .map(Glob::new)
                        .sorted()
                        .map(Glob::pattern))
                .containsExactly("gpt-4o", "a", "gpt-4*", "gpt-*", "*");
    }
}
