package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.port.UpstreamException.Kind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Providers that are down or say odd things, and what clients are told. */
class BadProvidersTest {
    private static final String ASK = "{\"model\":\"r\",\"messages\":[]}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addProvider("a", "own-of-a");
        fixture.addProvider("b", "own-of-b");
        fixture.addRoute("r", BalancePolicy.FAILOVER, "a/m", "b/m");
    }

    private RecordingSink ask() {
        return fixture.send(fixture.chat(ASK));
    }

    @Test
    void whereAllTargetsAreDownTheClientIsToldAndWhenToComeBack() {
        fixture.provider("a").answers(r -> Script.json("{}").failsBeforeHead(Kind.CONNECT));
        fixture.provider("b").answers(r -> Script.json("{}").failsBeforeHead(Kind.CONNECT));

        assertThat(ask().refusal()).isEqualTo("502 upstream_error/upstream_unreachable");
        for (int i = 0; i < 9; i++) {
            ask();
        }
        RecordingSink open = ask();

        assertThat(open.refusal()).isEqualTo("503 overloaded_error/overloaded");
        assertThat(open.error().message()).contains("Provider `a` (model `m`)", "Provider `b` (model `m`)");
        assertThat(open.error().retryAfter()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(6));
        assertThat(fixture.provider("a").asked()).hasSize(10);
        assertThat(fixture.provider("b").asked()).hasSize(10);
    }

    @ParameterizedTest
    @CsvSource({
        "429,31536000,60",
        "529,31536000,60",
        "503,'Wed, 21 Oct 2065 07:28:00 GMT',60",
        "429,30,30",
        "429,'Wed, 21 Oct 1925 07:28:00 GMT',0",
        "529,-7,0",
        "503,99999999999999999999999,60"
    })
    void aRetryAfterInThePastOrOfAYearRestsAMinuteAtMost(int status, String value, long seconds) {
        fixture.provider("a").answers(r -> Script.json("{}").status(status).header("Retry-After", value));

        assertThat(ask().header("x-llmproxy-provider")).isEqualTo("b");

        HealthBoard board = fixture.gateway.health();
        long rests = board.of(fixture.provider("a")).of("m").resting(board.now());
        assertThat(rests).isLessThanOrEqualTo(TimeUnit.SECONDS.toNanos(seconds));
        if (seconds > 0) {
            assertThat(rests).isPositive();
            ask();
            assertThat(fixture.provider("a").asked()).as("it rests").hasSize(1);
        }
    }
}
