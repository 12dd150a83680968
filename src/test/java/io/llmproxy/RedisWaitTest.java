package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.Quickest;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Requests of clients while Redis stands still. */
class RedisWaitTest {
    private static final byte[] ASK = "{\"model\":\"smart\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
            .getBytes(StandardCharsets.UTF_8);
    /** Redis' 50 ms, and less than a second wait would add. */
    private static final Duration BOUND = Duration.ofMillis(75);

    /** Its length is not known before it has come: what limits of all requests say is asked before. */
    private static Duration chunked(Http client) {
        long began = System.nanoTime();
        HttpResponse<String> answer = client.send(client.request("/v1/chat/completions")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(ASK))));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-llmproxy-provider")).contains("spare");
        return Duration.ofNanos(System.nanoTime() - began);
    }

    private static boolean up(TestAppliance appliance) {
        return appliance.ctl("status", "-o", "json").value().matches("(?s).*\"countersState\": *\"up\".*");
    }

    private static void operate(TestAppliance appliance, FakeProvider second) {
        appliance.provider("acme", "spare", "openai", second.baseUrl().toString(), "sk-second", "--models", "none-*");
        appliance
                .ctl("-t", "acme", "route", "create", "smart", "--target", "up/gpt-4o", "--target", "spare/gpt-4o")
                .value();
        for (String provider : List.of("up", "spare")) {
            String[] limit = {"limit", "set", "--scope", "provider=" + provider, "--metric", "requests"};
            List<String> words = new ArrayList<>(List.of("-t", "acme"));
            words.addAll(List.of(limit));
            words.addAll(List.of("--amount", "1000000", "--per", "hour"));
            appliance.ctl(words.toArray(String[]::new)).value();
        }
    }

    @Test
    void aRequestThatIsAskedAboutThreeTimesWaitsForRedisOnce() throws Exception {
        try (FakeProvider first = FakeProvider.start();
                FakeProvider second = FakeProvider.start();
                RedisServer redis = RedisServer.start();
                TestAppliance appliance = TestAppliance.builder()
                        .set("redis.url", redis.url())
                        .set("redis.on-failure", "local")
                        .set("limits.global.requests", "1000000")
                        .set("resilience.breaker-failures", "100")
                        .start();
                Http client = new Http(appliance.gateway(), appliance.tenantWithKey("acme", first.baseUrl()))) {
            operate(appliance, second);
            first.on("/v1/chat/completions", Script.answer(503, "{\"error\":{\"message\":\"no\"}}"));
            List<Duration> usual = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                usual.add(chunked(client));
            }
            usual.sort(Duration::compareTo);
            Quickest.within(BOUND, () -> {
                Eventually.holds("Redis is up", () -> up(appliance));
                redis.stop();
                try {
                    return chunked(client).minus(usual.get(4));
                } finally {
                    redis.goOn();
                }
            });
            assertThat(first.requests()).hasSizeGreaterThan(9);
        }
    }
}
