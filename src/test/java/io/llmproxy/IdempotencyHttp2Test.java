package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PemFiles;
import io.llmproxy.testing.TestAppliance;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Idempotency-Key where the requests are streams of one HTTP/2 connection. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdempotencyHttp2Test {
    private static final String CHAT = "/v1/chat/completions";
    private static final String REPLAYED = "idempotency-replayed";
    private final FakeProvider upstream = FakeProvider.start();
    private TestAppliance appliance;
    private HttpClient client;
    private String secret;

    @BeforeAll
    void setUp(@TempDir Path made) throws Exception {
        PemFiles pem = PemFiles.make(made);
        appliance = TestAppliance.builder()
                .set("gateway.tls.certificate", pem.certificate().toString())
                .set("gateway.tls.key", pem.key().toString())
                .start();
        secret = appliance.tenantWithKey("acme", upstream.baseUrl());
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(pem.made().trusting())
                .build();
    }

    @AfterEach
    void plain() {
        upstream.restore(CHAT);
    }

    @AfterAll
    void tearDown() {
        client.shutdownNow();
        appliance.close();
        upstream.close();
    }

    private HttpRequest request(String json, String key) {
        return HttpRequest.newBuilder(appliance.gateway().resolve(CHAT))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + secret)
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(json))
                .build();
    }

    private HttpResponse<byte[]> send(String json, String key) throws Exception {
        HttpResponse<byte[]> answer = client.send(request(json, key), BodyHandlers.ofByteArray());
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        return answer;
    }

    private int calls() {
        return upstream.requests().size();
    }

    @Test
    void answersAndStreamsAreGivenAgainByteForByte() throws Exception {
        for (String json : new String[] {Http.CHAT, Http.CHAT_STREAM}) {
            String key = UUID.randomUUID().toString();
            int before = calls();
            HttpResponse<byte[]> first = send(json, key);
            HttpResponse<byte[]> again = send(json, key);
            assertThat(first.statusCode()).isEqualTo(200);
            assertThat(first.headers().firstValue(REPLAYED)).isEmpty();
            assertThat(again.headers().firstValue(REPLAYED)).contains("true");
            assertThat(again.body()).isEqualTo(first.body()).isNotEmpty();
            assertThat(again.headers().firstValue("content-type"))
                    .isEqualTo(first.headers().firstValue("content-type"));
            assertThat(calls()).isEqualTo(before + 1);
        }
    }

    @Test
    void anotherBodyIsAConflictAndAWrongKeyIsRefused() throws Exception {
        String key = UUID.randomUUID().toString();
        send(Http.CHAT, key);
        int before = calls();
        assertThat(send(Http.CHAT_STREAM, key).statusCode()).isEqualTo(409);
        assertThat(send(Http.CHAT, "k".repeat(10_000)).statusCode()).isEqualTo(400);
        assertThat(send(Http.CHAT, key).statusCode()).isEqualTo(200);
        assertThat(calls()).isEqualTo(before);
    }

    @Test
    void manyStreamsAtTheSameInstantAreOneCall() throws Exception {
        Gate gate = new Gate();
        upstream.on(CHAT, c -> {
            gate.await();
            c.answer(200, "{\"id\":\"one\"}".getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
        });
        int before = calls();
        String key = UUID.randomUUID().toString();
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            all.add(client.sendAsync(request(Http.CHAT, key), BodyHandlers.ofString()));
        }
        upstream.awaitRequests(before + 1);
        gate.open();
        int replayed = 0;
        for (CompletableFuture<HttpResponse<String>> one : all) {
            HttpResponse<String> answer = one.get(60, TimeUnit.SECONDS);
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"id\":\"one\"}");
            replayed += answer.headers().firstValue(REPLAYED).isPresent() ? 1 : 0;
        }
        assertThat(replayed).isEqualTo(59);
        assertThat(calls()).isEqualTo(before + 1);
    }

    @Test
    void aStreamThatIsResetLeavesTheCallToTheOneThatFollowsIt() throws Exception {
        Gate gate = new Gate();
        upstream.on(CHAT, c -> {
            c.head(200, "Content-Type", "text/event-stream");
            c.event("{\"n\":\"first\"}");
            gate.await();
            c.event("{\"n\":\"second\"}");
            c.event("[DONE]");
            c.lastChunk();
        });
        int before = calls();
        String key = UUID.randomUUID().toString();
        InputStream leader = started(key);
        try (InputStream follower = started(key)) {
            leader.close(); // RST_STREAM: the connection, and the other stream on it, live on
            gate.open();
            assertThat(new String(follower.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("second")
                    .contains("[DONE]");
        }
        assertThat(calls()).isEqualTo(before + 1);
        HttpResponse<byte[]> later = send(Http.CHAT_STREAM, key);
        assertThat(later.headers().firstValue(REPLAYED)).contains("true");
        assertThat(new String(later.body(), StandardCharsets.UTF_8)).contains("[DONE]");
    }

    private InputStream started(String key) throws Exception {
        HttpResponse<InputStream> answer = client.send(request(Http.CHAT_STREAM, key), BodyHandlers.ofInputStream());
        assertThat(answer.statusCode()).isEqualTo(200);
        InputStream body = Objects.requireNonNull(answer.body());
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf("first") < 0) {
            int b = body.read();
            assertThat(b).isNotNegative();
            seen.append((char) b);
        }
        return body;
    }
}
