package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The memory that running answers share is used up: what finds no room is served all the same, and only not kept. */
class IdempotencyMemoryTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String RESPONSES = "/v1/responses";
    private static final String REPLAYED = "idempotency-replayed";
    private static final String LARGE = "{\"x\":\"" + "y".repeat(400_000) + "\"}";

    @Test
    void whatFindsNoRoomIsServedAndRunsAgain() throws IOException {
        Gate gate = new Gate();
        try (FakeProvider upstream = FakeProvider.start();
                TestAppliance appliance = TestAppliance.builder()
                        .set("idempotency.max-answer", "1MiB")
                        .set("idempotency.memory", "1MiB")
                        .start();
                Http http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()))) {
            upstream.on(CHAT, c -> {
                c.head(200, "Content-Type", "text/event-stream");
                for (int i = 0; i < 700; i++) {
                    c.event("\"" + "z".repeat(1000) + "\"");
                }
                gate.await();
                c.event("[DONE]");
                c.lastChunk();
            });
            upstream.on(RESPONSES, Script.answer(200, LARGE, "Content-Type", "application/json"));
            // holds more than half of the memory, for as long as it runs
            HttpResponse<InputStream> running = http.open(request(http, CHAT, Http.CHAT_STREAM, "holder"));
            InputStream body = Objects.requireNonNull(running.body());
            assertThat(body.readNBytes(690_000)).hasSize(690_000);

            for (int i = 0; i < 2; i++) {
                HttpResponse<String> squeezed = http.send(request(http, RESPONSES, "{\"model\":\"gpt-4o\"}", "other"));
                assertThat(squeezed.statusCode()).isEqualTo(200);
                assertThat(squeezed.body()).isEqualTo(LARGE);
                assertThat(squeezed.headers().firstValue(REPLAYED)).isEmpty();
            }
            assertThat(upstream.requests()).hasSize(3);

            gate.open();
            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).contains("[DONE]");
            assertThat(http.send(request(http, CHAT, Http.CHAT_STREAM, "holder"))
                            .headers()
                            .firstValue(REPLAYED))
                    .contains("true");
            // the memory is free again when the answer is stored
            awaitReplay(http);
        }
    }

    private static void awaitReplay(Http http) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (http.send(request(http, RESPONSES, "{\"model\":\"gpt-4o\"}", "other"))
                .headers()
                .firstValue(REPLAYED)
                .isEmpty()) {
            assertThat(System.nanoTime() - end).isNegative();
            LockSupport.parkNanos(5_000_000);
        }
    }

    private static HttpRequest.Builder request(Http http, String path, String json, String key) {
        return http.request(path)
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(json));
    }
}
