package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TestAppliance;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The lease of a key on a shared database: as long as its process lives, and no longer. It is 20 s, so these take their time. */
@Tag("proof")
@Timeout(300)
class IdempotencyLeaseTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String REPLAYED = "idempotency-replayed";
    private static final String MASTER_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    private static final Duration LEASE = Duration.ofSeconds(20);

    private final FakeProvider upstream = FakeProvider.start();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    @TempDir
    private Path directory;

    @AfterEach
    void tearDown() {
        threads.shutdownNow();
        upstream.close();
    }

    @Test
    void aRequestThatRunsForLongerThanTheLeaseIsNotRunByAnotherProcess() throws Exception {
        String url = PostgresServer.freshDatabase();
        CountDownLatch gate = new CountDownLatch(1);
        upstream.on(CHAT, c -> {
            assertThat(gate.await(120, TimeUnit.SECONDS)).isTrue();
            c.answer(200, "{\"id\":\"one\"}".getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
        });
        try (TestAppliance one = onPostgresql(url, "one");
                TestAppliance two = onPostgresql(url, "two")) {
            String secret = one.tenantWithKey("acme", upstream.baseUrl());
            try (Http first = new Http(one.gateway(), secret);
                    Http second = new Http(two.gateway(), secret)) {
                awaitKnown(second);
                Future<HttpResponse<String>> running = threads.submit(() -> first.send(chat(first)));
                upstream.awaitRequests(1);
                Future<HttpResponse<String>> waiting = threads.submit(() -> second.send(chat(second)));
                Thread.sleep(LEASE.plusSeconds(8)); // the time itself is what is tested: two renewals at least
                assertThat(upstream.requests()).hasSize(1);
                assertThat(waiting.isDone()).isFalse();
                gate.countDown();
                assertThat(running.get(60, TimeUnit.SECONDS).headers().firstValue(REPLAYED))
                        .isEmpty();
                assertThat(waiting.get(60, TimeUnit.SECONDS).headers().firstValue(REPLAYED))
                        .contains("true");
                assertThat(waiting.get().body()).isEqualTo("{\"id\":\"one\"}");
            }
        }
        assertThat(upstream.requests()).hasSize(1);
    }

    @Test
    void theKeyOfAProcessThatWasKilledIsFreeAfterTheLease() throws Exception {
        String url = PostgresServer.freshDatabase();
        Path place = ServerJvm.newDirectory();
        writeMasterKey(place);
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch gate = new CountDownLatch(1);
        upstream.on(CHAT, c -> {
            if (asked.incrementAndGet() == 1) {
                assertThat(gate.await(120, TimeUnit.SECONDS)).isTrue();
            }
            c.answer(200, "{\"id\":\"two\"}".getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
        });
        try (ServerJvm doomed = ServerJvm.start(
                        place, "true", "-Xmx192m", "database.url=" + url, "database.user=" + PostgresServer.USER);
                TestAppliance next = onPostgresql(url, "next")) {
            String secret = next.tenantWithKey("acme", upstream.baseUrl());
            try (Http first = new Http(doomed.gateway(), secret);
                    Http second = new Http(next.gateway(), secret)) {
                awaitKnown(first);
                Future<HttpResponse<String>> lost = threads.submit(() -> first.send(chat(first)));
                upstream.awaitRequests(1);
                long claimed = System.nanoTime();
                doomed.kill();
                assertThatThrownBy(lost::get).isNotNull();
                HttpResponse<String> again = second.send(chat(second));
                assertThat(again.statusCode()).isEqualTo(200);
                assertThat(again.headers().firstValue(REPLAYED)).isEmpty();
                // not before the lease was over: the claim was made a moment before the call
                assertThat(System.nanoTime() - claimed)
                        .isGreaterThan(LEASE.minusSeconds(10).toNanos());
                assertThat(second.send(chat(second)).headers().firstValue(REPLAYED))
                        .contains("true");
            }
        } finally {
            gate.countDown();
        }
        assertThat(asked).hasValue(2);
    }

    private static void writeMasterKey(Path place) throws Exception {
        Path file = place.resolve("master.key");
        Files.newByteChannel(
                        file,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                .close();
        Files.writeString(file, MASTER_KEY);
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
            LockSupport.parkNanos(20_000_000);
        }
    }

    private static HttpRequest.Builder chat(Http http) {
        return http.request(CHAT)
                .timeout(Duration.ofSeconds(110))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", "shared")
                .POST(BodyPublishers.ofString(Http.CHAT));
    }
}
