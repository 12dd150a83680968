package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.Quickest;
import io.llmproxy.testing.TcpGate;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A provider whose host does not answer when it is to be connected to, as one that is overrun or behind a firewall that drops: a
 * listening socket whose queue is full, so that Linux drops what would come.
 */
class ConnectTimeoutTest {
    private static final Duration TIMEOUT = Duration.ofMillis(300);
    /** Below the 5 s that hold where the operator says nothing. */
    private static final Duration AT_MOST = Duration.ofSeconds(3);

    /** In a row, until a provider is left alone; more than the tries of {@link Quickest}. */
    private static final int FAILURES = 10;

    private static final String SILENT = model("silent/m");
    private static final String SMART = model("smart");

    private final List<Socket> waiting = new ArrayList<>();
    private ServerSocket full;
    private FakeProvider upstream;
    private TestAppliance appliance;
    private Http http;

    @BeforeEach
    void setUp() throws IOException {
        full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        fill();
        upstream = FakeProvider.start();
        appliance = TestAppliance.builder()
                .set("resilience.breaker-failures", String.valueOf(FAILURES))
                .set("resilience.breaker-pause", "1s")
                .start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
        appliance.provider(
                "acme",
                "silent",
                "openai",
                "http://127.0.0.1:" + full.getLocalPort() + "/v1",
                "sk-silent",
                "--models",
                "none-*",
                "--connect-timeout",
                TIMEOUT.toMillis() + "ms");
        appliance
                .ctl("-t", "acme", "route", "create", "smart", "--target", "silent/m", "--target", "up/m")
                .value();
    }

    @AfterEach
    void tearDown() throws IOException {
        http.close();
        appliance.close();
        upstream.close();
        for (Socket socket : waiting) {
            socket.close();
        }
        full.close();
    }

    /** Until one more connection is left without an answer. */
    private void fill() throws IOException {
        for (int i = 0; i < 10; i++) {
            Socket socket = new Socket();
            waiting.add(socket);
            try {
                socket.connect(new InetSocketAddress(full.getInetAddress(), full.getLocalPort()), 500);
            } catch (SocketTimeoutException e) {
                return;
            }
        }
        throw new AssertionError("this system takes connections that nobody accepts");
    }

    private static String model(String name) {
        return "{\"model\":\"" + name + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }

    private HttpResponse<String> ask(String body) {
        return http.post("/v1/chat/completions", body);
    }

    @Test
    void isATypedErrorInAboutThatTime() throws Exception {
        Quickest.within(AT_MOST, () -> {
            long begun = System.nanoTime();
            HttpResponse<String> answer = ask(SILENT);
            Duration taken = Duration.ofNanos(System.nanoTime() - begun);
            assertThat(taken).as("it was waited for").isGreaterThanOrEqualTo(TIMEOUT);
            assertThat(answer.statusCode()).isEqualTo(502);
            assertThat(Http.error(answer)).isEqualTo("upstream_error/upstream_unreachable");
            assertThat(answer.body()).contains("silent", "cannot be reached");
            return taken;
        });
    }

    @Test
    void isOneFailedAttemptOfARouteUntilTheProviderIsLeftAloneAndThenCalledAgain() throws Exception {
        for (int i = 0; i < FAILURES; i++) {
            assertThat(servedBy(SMART)).isEqualTo("up");
        }
        assertThat(ledger())
                .contains("{\"provider\":\"silent\",\"model\":\"m\",\"status\":null,\"reason\":\"connect\"");
        assertThat(shown()).containsPattern("model m: (half-)?open");
        // left alone: no request waits for it any more
        Quickest.within(TIMEOUT, () -> {
            long begun = System.nanoTime();
            assertThat(servedBy(SMART)).isEqualTo("up");
            return Duration.ofNanos(System.nanoTime() - begun);
        });

        try (TcpGate accepting = new TcpGate(upstream.port(), full)) {
            assertThat(accepting.port()).isEqualTo(full.getLocalPort());
            Eventually.holds(
                    "the provider is tried and serves", () -> servedBy(SMART).equals("silent"));
            assertThat(ask(SILENT).statusCode()).isEqualTo(200);
            assertThat(shown()).doesNotContain("open");
        }
    }

    private String servedBy(String body) {
        HttpResponse<String> answer = ask(body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.headers().firstValue("x-llmproxy-provider").orElse("");
    }

    private String shown() {
        return appliance.ctl("-t", "acme", "provider", "show", "silent").err();
    }

    private String ledger() {
        return appliance.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value();
    }
}
