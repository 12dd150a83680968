package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.bench.PacedUpstream;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BenchCommandTest {
    @Test
    void streamsThroughTheGatewayLoseNothing() throws IOException {
        try (PacedUpstream upstream = new PacedUpstream(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
                TestAppliance appliance = TestAppliance.start()) {
            URI base = URI.create("http://127.0.0.1:" + upstream.address().getPort() + "/v1");
            String key = appliance.tenantWithKey("acme", base);
            String url = appliance.gateway().toString();

            Ran ran = run(
                    Map.of("BENCH_KEY", key),
                    "bench",
                    "stream",
                    "--url",
                    url,
                    "--streams",
                    "20",
                    "--duration",
                    "1s",
                    "-o",
                    "json");

            assertThat(ran.out).contains("\"chunks\":400", "\"lost\":0", "\"duplicated\":0", "\"errors\":0");
            assertThat(ran.code).isZero();
            assertThat(run(Map.of(), "bench", "wait", "--url", url, "--requests", "3").out)
                    .as("without a key")
                    .contains("errors             3", "first_error        status 401");
        }
    }

    @Test
    void aWrongOptionIsNamed() {
        assertThat(run(Map.of(), "bench", "load", "--url", "localhost:8080").err)
                .contains("`localhost:8080` is not http://HOST:PORT");
        assertThat(run(Map.of(), "bench", "load", "--rate", "0").err).contains("--rate must be at least 1, not 0");
        assertThat(run(Map.of(), "bench", "idle", "--hold", "long").err).contains("--hold");
        assertThat(run(Map.of(), "bench", "wait", "-o", "xml").err).contains("text or json");
        assertThat(run(Map.of(), "bench", "upstream", "--listen", "9000").err).contains("HOST:PORT");
        assertThat(run(Map.of(), "bench", "load", "--rate", "0").code).isEqualTo(StartException.USAGE);
    }

    @Test
    void withoutAModeItShowsThem() {
        assertThat(run(Map.of(), "bench").out).contains("load", "stream", "idle", "wait", "upstream");
        assertThat(run(Map.of(), "bench", "stream", "--help").out).contains("--streams=N", "BENCH_KEY");
    }

    private record Ran(int code, String out, String err) {}

    private static Ran run(Map<String, String> environment, String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(args, environment, print(out), print(err));
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static PrintStream print(ByteArrayOutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }
}
