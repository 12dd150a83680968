package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TimesTest {
    private static final Instant NOW = CtlRun.NOW;

    @ParameterizedTest
    @CsvSource({
        "0,just now",
        "59,59s ago",
        "150,2m ago",
        "7300,2h ago",
        "260000,3d ago",
        "-2600000,in 30d",
        "99999999,3y ago"
    })
    void saysHowLongAgo(long seconds, String text) {
        assertThat(Times.relative(NOW.minusSeconds(seconds), NOW)).isEqualTo(text);
    }

    @Test
    void readsMoments() {
        assertThat(Times.moment("--from", "2026-11-01", NOW)).isEqualTo("2026-11-01T00:00:00Z");
        assertThat(Times.moment("--from", "2026-11-01T10:00:00+02:00", NOW)).isEqualTo("2026-11-01T08:00:00Z");
        assertThat(Times.moment("--from", "1d12h", NOW)).isEqualTo("2026-11-19T00:00:00Z");
        assertThat(Times.moment("--from", "now", NOW)).isEqualTo(NOW);
        assertThat(Times.length("1h30m")).isEqualTo(Duration.ofMinutes(90));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "d", "5", "5x", "-5d", "5 d", "2026-13-01", "99999999999999999999d", "1,5h", "٣d"})
    void refusesWhatIsNoTime(String text) {
        assertThatThrownBy(() -> Times.moment("--from", text, NOW)).isInstanceOf(CliException.class);
    }
}
