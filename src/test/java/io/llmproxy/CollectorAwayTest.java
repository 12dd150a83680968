package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ConfigException;
import io.llmproxy.testing.FakeCollector;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests do not depend on the collector of traces. */
class CollectorAwayTest {
    private static final int REQUESTS = 40;

    private static FakeProvider provider;

    @BeforeAll
    static void start() {
        provider = FakeProvider.start();
    }

    @AfterAll
    static void stop() {
        provider.close();
    }

    @Test
    void requestsGoOnWhereNobodyListens() throws IOException {
        FakeCollector gone = new FakeCollector();
        gone.close();
        servesAll(gone.endpoint());
    }

    @Test
    void requestsGoOnWhereItHangsAndSpansBeyondTheQueueAreDropped() throws IOException {
        try (FakeCollector collector = new FakeCollector()) {
            collector.hang();
            servesAll(collector.endpoint());
        }
    }

    @Test
    void requestsGoOnWhereItFails() throws IOException {
        try (FakeCollector collector = new FakeCollector()) {
            collector.answer(500);
            servesAll(collector.endpoint());
        }
    }

    private static void servesAll(URI endpoint) throws IOException {
        try (TestAppliance appliance = TestAppliance.builder()
                        .set("tracing.endpoint", endpoint.toString())
                        .set("tracing.queue", "32")
                        .start();
                Http client = new Http(appliance.gateway(), appliance.tenantWithKey("acme", provider.baseUrl()))) {
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(client.chat().statusCode()).isEqualTo(200);
            }
            // two spans each, of which 32 have room, waiting or under way; on a slow machine the first may be given up
            // meanwhile
            awaitLost(appliance, 2 * REQUESTS - 32);
        }
    }

    @Test
    void spansThatWaitedArriveWhenItIsBack() {
        try (FakeCollector collector = new FakeCollector();
                TestAppliance appliance = TestAppliance.builder()
                        .set("tracing.endpoint", collector.endpoint().toString())
                        .start();
                Http client = new Http(appliance.gateway(), appliance.tenantWithKey("acme", provider.baseUrl()))) {
            assertThat(collectorProblem(appliance)).isFalse();
            collector.answer(503);
            client.chat();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (collector.asked() == 0 && System.nanoTime() < end) {
                LockSupport.parkNanos(1_000_000);
            }
            while (!collectorProblem(appliance)) {
                assertThat(System.nanoTime()).isLessThan(end);
                LockSupport.parkNanos(1_000_000);
            }
            collector.answer(200);
            assertThat(collector.awaitSpans(s -> true, 2)).hasSize(2);
        }
    }

    private static boolean collectorProblem(TestAppliance appliance) {
        return appliance
                .ctl("status", "-o", "json")
                .value()
                .contains("the collector of traces takes no spans: it answered 503");
    }

    @Test
    void refusesSettingsThatMakeNoSense(@TempDir Path directory) throws IOException {
        refused("tracing.endpoint", "collector:4318", "tracing.endpoint");
        refused("tracing.sample-ratio", "1.5", "0 to 1");
        refused("tracing.sample-ratio", "NaN", "0 to 1");
        refused("tracing.queue", "1", "16");
        Path headers = Files.writeString(directory.resolve("headers"), "good: x\ncanary-secret-without-colon\n");
        Assertions.assertThatThrownBy(() -> TestAppliance.builder()
                        .set("tracing.endpoint", "http://127.0.0.1:1/v1/traces")
                        .set("tracing.headers-file", headers.toString())
                        .tryStart())
                .isInstanceOf(StartException.class)
                .hasMessageContaining("line 2")
                .hasMessageNotContaining("canary");
    }

    private static void refused(String key, String value, String told) {
        Assertions.assertThatThrownBy(
                        () -> TestAppliance.builder().set(key, value).tryStart())
                .isInstanceOfAny(ConfigException.class, StartException.class)
                .hasMessageContaining(told);
    }

    private static void awaitLost(TestAppliance appliance, int atLeast) {
        try (Http admin =
                new Http(URI.create(String.valueOf(appliance.appliance().adminUrl())), "")) {
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (true) {
                double now = admin.get("/metrics")
                        .body()
                        .lines()
                        .filter(l -> l.startsWith("llmproxy_trace_spans_total") && !l.contains("exported"))
                        .mapToDouble(l -> Double.parseDouble(l.substring(l.lastIndexOf(' '))))
                        .sum();
                if (now >= atLeast) {
                    return;
                }
                assertThat(System.nanoTime())
                        .as("spans dropped or given up: " + now)
                        .isLessThan(end);
                LockSupport.parkNanos(5_000_000);
            }
        }
    }
}
