package io.llmproxy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each mode of the generator against the paced upstream. */
class LoadTest {
    private static final Duration SHORT = Duration.ofMillis(500);

    private PacedUpstream upstream;

    @BeforeEach
    void setUp() throws IOException {
        upstream = new PacedUpstream(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void tearDown() throws IOException {
        upstream.close();
    }

    @Test
    void theOpenLoopSendsAtItsRateAndCountsEveryAnswer() throws IOException {
        Report report = new OpenLoop(plan(target(), 400)).run();

        assertThat(report.clean()).isTrue();
        assertThat(report.json())
                .startsWith("{\"mode\":\"load\",\"rate\":400,\"connections\":8,\"answers\":200,")
                .contains("\"errors\":0");
    }

    /** All 50 wait for the one connection, whose answers take 20 ms each: the last is half a second behind its time. */
    @Test
    void aRequestThatWaitsForAConnectionIsLateFromWhenItWasDue() throws IOException {
        String slow = Order.wait(Duration.ofMillis(20)).chat("bench");
        Report report = new OpenLoop(new OpenLoop.Plan(target(), slow, 100, 1, Duration.ZERO, SHORT)).run();

        assertThat(figure(report, "answers")).isEqualTo(50);
        assertThat(figure(report, "p50_ms")).isGreaterThan(200);
    }

    @Test
    void aServerThatIsNotThereIsAFault() throws IOException {
        Report report = new OpenLoop(plan(nobody(), 100)).run();

        assertThat(report.clean()).isFalse();
        assertThat(report.text()).contains("errors             8", "first_error        Connection refused");
    }

    @Test
    void streamsTellDelayAndLoss() throws IOException {
        Report report =
                new Streams(new Streams.Plan(target(), "paced", 20, 50, Duration.ZERO, Duration.ofSeconds(1))).run();

        assertThat(report.clean()).isTrue();
        assertThat(figure(report, "chunks")).isEqualTo(1000);
        assertThat(figure(report, "delay_p50_ms")).isPositive();
    }

    @Test
    void aStreamThatDoesNotComeIsLostWhole() throws IOException {
        Report report = new Streams(new Streams.Plan(nobody(), "paced", 2, 50, Duration.ZERO, SHORT)).run();

        assertThat(report.clean()).isFalse();
        assertThat(figure(report, "lost")).isEqualTo(50);
        assertThat(figure(report, "errors")).isEqualTo(2);
    }

    @Test
    void idleConnectionsAreServedWhenTheySpeak() throws IOException {
        Report report = new Burst(Burst.Plan.idle(target(), "bench", 300, Duration.ofMillis(50))).run();

        assertThat(report.clean()).isTrue();
        assertThat(figure(report, "answers")).isEqualTo(300);
    }

    @Test
    void requestsWaitForASlowUpstreamAllAtOnce() throws IOException {
        Report report = new Burst(Burst.Plan.waiting(target(), "bench", 200, SHORT)).run();

        assertThat(report.clean()).isTrue();
        assertThat(figure(report, "answers")).isEqualTo(200);
        assertThat(figure(report, "p50_ms")).isGreaterThanOrEqualTo(500);
        // one after the other they would take 100 s
        assertThat(figure(report, "answering_ms")).isLessThan(50_000);
    }

    private OpenLoop.Plan plan(Target target, int rate) {
        return new OpenLoop.Plan(target, OpenLoop.chat("bench"), rate, 8, Duration.ZERO, SHORT);
    }

    private Target target() throws IOException {
        return Target.of("http://127.0.0.1:" + upstream.address().getPort(), null);
    }

    private static Target nobody() throws IOException {
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return Target.of("http://127.0.0.1:" + closed.getLocalPort(), null);
        }
    }

    private static double figure(Report report, String name) {
        String json = report.json();
        int from = json.indexOf(name + "\":") + name.length() + 2;
        int to = from;
        while (",}".indexOf(json.charAt(to)) < 0) {
            to++;
        }
        return Double.parseDouble(json.substring(from, to));
    }
}
