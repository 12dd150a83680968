package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** {@code --segments} of a limit with a sliding window, from the command line through the API to what counts. */
class SegmentsTest {
    private static LimitCommands commands;

    @BeforeAll
    static void start() {
        commands = LimitCommands.start();
    }

    @AfterAll
    static void stop() {
        commands.close();
    }

    private static Ctl set(String tenant, String segments) {
        return commands.ctl(
                tenant,
                "set",
                "--scope",
                "tenant",
                "--metric",
                "requests",
                "--amount",
                "3",
                "--per",
                "hour",
                "--algorithm",
                "sliding-window",
                "--segments",
                segments,
                "-q");
    }

    private static int shown(String tenant, String id) {
        return JsonMapper.shared()
                .readTree(commands.ctl(tenant, "show", id, "-o", "json").value())
                .path("segments")
                .asInt();
    }

    /** What was just used counts for an hour but for the part of its segment that was over already. */
    @ParameterizedTest
    @CsvSource({"2,30", "10,54", "60,59"})
    void asManyAsAreSetCount(String segments, long minutes) {
        String tenant = "segments-" + segments;
        try (Http http = commands.tenant(tenant)) {
            String id = set(tenant, segments).value();
            assertThat(shown(tenant, id)).isEqualTo(Integer.parseInt(segments));
            for (int left = 2; left >= 0; left--) {
                var answer = http.chat();
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.headers().firstValue("x-ratelimit-remaining-requests"))
                        .contains(String.valueOf(left));
                String reset = answer.headers()
                        .firstValue("x-ratelimit-reset-requests")
                        .orElseThrow();
                assertThat(Duration.parse("PT" + reset)).isBetween(Duration.ofMinutes(minutes), Duration.ofHours(1));
            }
            assertThat(Http.json(http.chat()).at("/error/limit/id").asString()).isEqualTo(id);
        }
    }

    @Test
    void anotherNumberIsAChangeOfTheSameLimit() {
        commands.tenantOnce("changes");
        String id = set("changes", "10").value();
        assertThat(set("changes", "60").value()).isEqualTo(id);
        assertThat(shown("changes", id)).isEqualTo(60);
        assertThat(set("changes", "1").value()).isEqualTo(id);
        assertThat(shown("changes", id)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "61", "1.5", "many", "99999999999999999999"})
    void aNumberThatMakesNoSenseIsRefused(String segments) {
        commands.tenantOnce("odd");
        Ctl ctl = set("odd", segments);
        assertThat(ctl.code()).as(ctl.out() + ctl.err()).isBetween(1, 2);
        assertThat(ctl.err()).contains("segments");
    }
}
