package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PercentEncodingTest {
    @ParameterizedTest
    @CsvSource({
        "gpt-4.1_x~,gpt-4.1_x~",
        "a b,a%20b",
        "a+b*c,a%2Bb%2Ac",
        "us.anthropic/claude:0,us.anthropic%2Fclaude%3A0",
        "100%,100%25",
        "grün,gr%C3%BCn",
        "👋,%F0%9F%91%8B",
        "x?#&=,x%3F%23%26%3D"
    })
    void leavesWhatMeansNothingAndEncodesTheRest(String text, String encoded) {
        assertThat(PercentEncoding.of(text, PercentEncoding.UNRESERVED)).isEqualTo(encoded);
    }

    @ParameterizedTest
    @CsvSource({"a/b:c@d é,a/b:c@d%20%C3%A9"})
    void leavesWhatIsNamed(String text, String encoded) {
        assertThat(PercentEncoding.of(text, "/:@")).isEqualTo(encoded);
    }
}
