package io.llmproxy;

import static io.llmproxy.testing.SharedLimits.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TcpGate;
import io.llmproxy.testing.TestAppliance;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of Idempotency-Keys beyond one process: after a restart, between two on one database, without the database. */
class SharedIdempotencyTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String REPLAYED = "idempotency-replayed";
    private static final String MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    private final FakeProvider upstream = FakeProvider.start();

    @TempDir
    private Path directory;

    @AfterEach
    void tearDown() {
        upstream.close();
    }

    @Test
    void whatWasRecordedIsGivenAgainAfterARestart() {
        String secret;
        String body;
        try (TestAppliance one = TestAppliance.builder().directory(directory).start()) {
            secret = one.tenantWithKey("acme", upstream.baseUrl());
            try (Http http = new Http(one.gateway(), secret)) {
                body = http.send(chat(http, "before")).body();
            }
        }
        try (TestAppliance two = TestAppliance.builder().directory(directory).start();
                Http http = new Http(two.gateway(), secret)) {
            HttpResponse<String> again = http.send(chat(http, "before"));
            assertThat(again.headers().firstValue(REPLAYED)).contains("true");
            assertThat(again.body()).isEqualTo(body);
            assertThat(http.send(chat(http, "after")).headers().firstValue(REPLAYED))
                    .isEmpty();
        }
        assertThat(upstream.requests()).hasSize(2);
    }

    @Test
    void aKilledProcessFreesTheKeyThatRanAndLeavesWhatWasRecorded() throws Exception {
        Path place = ServerJvm.newDirectory();
        String secret;
        try (TestAppliance before = TestAppliance.builder().directory(place).start()) {
            secret = before.tenantWithKey("acme", upstream.baseUrl());
            try (Http http = new Http(before.gateway(), secret)) {
                http.send(chat(http, "done"));
            }
        }
        try (ServerJvm killed = ServerJvm.start(place, "true", "-Xmx128m");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            try (Http http = new Http(killed.gateway(), secret)) {
                assertThat(http.send(chat(http, "done")).headers().firstValue(REPLAYED))
                        .contains("true");
                upstream.on(CHAT, FakeProvider.Script.silence());
                Future<?> running = threads.submit(() -> http.send(chat(http, "running")));
                upstream.awaitRequests(2);
                killed.kill();
                assertThatThrownBy(running::get).isNotNull();
            }
            upstream.restore(CHAT);
            try (TestAppliance next = TestAppliance.builder().directory(place).start();
                    Http http = new Http(next.gateway(), secret)) {
                HttpResponse<String> again = http.send(chat(http, "running"));
                assertThat(again.statusCode()).isEqualTo(200);
                assertThat(again.headers().firstValue(REPLAYED)).isEmpty();
                assertThat(http.send(chat(http, "done")).headers().firstValue(REPLAYED))
                        .contains("true");
            }
        }
        assertThat(upstream.requests()).hasSize(3);
    }

    @Test
    void twoProcessesOnOneDatabaseMakeOneCall() throws Exception {
        String url = PostgresServer.freshDatabase();
        Gate gate = new Gate();
        upstream.on(CHAT, c -> {
            gate.await();
            c.answer(200, "{\"id\":\"one\"}".getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
        });
        try (TestAppliance one = onPostgresql(url, "one");
                TestAppliance two = onPostgresql(url, "two");
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            String secret = one.tenantWithKey("acme", upstream.baseUrl());
            try (Http first = new Http(one.gateway(), secret);
                    Http second = new Http(two.gateway(), secret)) {
                awaitKnown(second);
                Future<HttpResponse<String>> running = threads.submit(() -> first.send(chat(first, "shared")));
                upstream.awaitRequests(1);
                Future<HttpResponse<String>> other = threads.submit(() -> second.send(chat(second, "shared")));
                HttpResponse<String> conflict = second.send(second.request(CHAT)
                        .header("Idempotency-Key", "shared")
                        .POST(BodyPublishers.ofString(Http.CHAT.replace("hi", "ho"))));
                assertThat(conflict.statusCode()).isEqualTo(409);
                gate.open();
                assertThat(running.get(60, TimeUnit.SECONDS).headers().firstValue(REPLAYED))
                        .isEmpty();
                assertThat(other.get(60, TimeUnit.SECONDS).headers().firstValue(REPLAYED))
                        .contains("true");
                assertThat(other.get().body()).isEqualTo("{\"id\":\"one\"}");
                assertThat(second.send(chat(second, "shared")).headers().firstValue(REPLAYED))
                        .contains("true");
            }
        }
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void withoutTheDatabaseARequestWithAKeyIsRefusedAndOneWithoutIsServed() throws Exception {
        URI address = URI.create(PostgresServer.freshDatabase().substring("jdbc:".length()));
        try (TcpGate door = new TcpGate(address.getPort());
                TestAppliance one = onPostgresql(
                        "jdbc:postgresql://127.0.0.1:" + door.port() + address.getPath() + "?connectTimeout=2",
                        "one")) {
            String secret = one.tenantWithKey("acme", upstream.baseUrl());
            try (Http http = new Http(one.gateway(), secret)) {
                assertThat(http.send(chat(http, "kept")).statusCode()).isEqualTo(200);
                door.shut();
                int before = upstream.requests().size();
                HttpResponse<String> refused = http.send(chat(http, "away"));
                assertThat(refused.statusCode()).isEqualTo(503);
                assertThat(refused.headers().firstValue("retry-after")).isPresent();
                assertThat(upstream.requests()).hasSize(before);
                assertThat(http.chat().statusCode()).isEqualTo(200);
                door.open();
                // the pool may hold a connection or two that died with the door
                await(() -> http.send(chat(http, "away")).statusCode() == 200);
                assertThat(upstream.requests()).hasSize(before + 2);
            }
        }
    }

    private TestAppliance onPostgresql(String url, String name) {
        return TestAppliance.builder()
                .directory(directory.resolve(name))
                .environment("LLMPROXY_MASTER_KEY", MASTER_KEY)
                .set("database.url", url)
                .set("database.user", PostgresServer.USER)
                .start();
    }

    /** Waits until the process has heard of the key that another one made. */
    private static void awaitKnown(Http http) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (http.post(CHAT, "{}").statusCode() == 401) {
            assertThat(System.nanoTime() - end).isNegative();
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
        }
    }

    private static HttpRequest.Builder chat(Http http, String key) {
        return http.request(CHAT)
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(Http.CHAT));
    }
}
