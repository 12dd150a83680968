package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
    @ParameterizedTest
    @CsvSource({"100ms, 100", "5s, 5000", "1m, 60000", "24h, 86400000", "30d, 2592000000", "1h30m, 5400000", "0s, 0"})
    void readsAndWrites(String text, long millis) {
        Duration duration = Durations.parse("x", text);
        assertThat(duration).isEqualTo(Duration.ofMillis(millis));
        assertThat(Durations.parse("x", Durations.format(duration))).isEqualTo(duration);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "5", "s", "-5s", "5 s", "5y", "1.5h", "99999999999999999999s", "9223372036854775807d", "5S"})
    void refuses(String text) {
        assertThatThrownBy(() -> Durations.parse("grace", text))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageStartingWith("grace: ");
    }
}
