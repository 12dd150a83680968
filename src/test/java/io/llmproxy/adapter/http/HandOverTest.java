package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.testing.PemFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two listeners on one port, as the processes before and after a restart have them. */
@Timeout(60)
class HandOverTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    /** Of the end of each test, which waits for a twentieth of it. */
    private static final Duration GRACE = Duration.ofSeconds(4);

    @TempDir
    Path directory;

    private final List<GatewayServer> servers = new ArrayList<>();
    private final CountDownLatch slow = new CountDownLatch(1);

    @AfterEach
    void close() {
        slow.countDown();
        servers.forEach(GatewayServer::close);
    }

    @Test
    void theLaterOneGetsConnectionsFromWhenItTakesOverAndGivesThemBackWhereItFails() throws Exception {
        GatewayServer before = server("before", 0, null);
        before.start();
        GatewayServer after = server("after", before.port(), null);
        after.startBeside();
        assertThat(tenOf(before.port())).containsOnly("before");
        after.takeOver();
        assertThat(tenOf(before.port())).containsOnly("after");

        Queue<String> answers = new ConcurrentLinkedQueue<>();
        AtomicBoolean enough = new AtomicBoolean();
        Thread client = Thread.ofVirtual().start(() -> {
            while (!enough.get()) {
                answers.add(answer(before.port()));
            }
        });
        after.close();
        enough.set(true);
        client.join();
        assertThat(answers).as("none is refused or reset").isNotEmpty().isSubsetOf("before", "after");
        assertThat(tenOf(before.port())).containsOnly("before");
    }

    @Test
    void anIdleConnectionHasOneMoreAnswerOfWhoLeavesAndThenEnds() throws Exception {
        GatewayServer before = server("before", 0, null);
        before.start();
        try (RawClient client = new RawClient(before.port())) {
            RawClient.Answer first = client.get("/").answer();
            assertThat(first.body()).isEqualTo("before");
            assertThat(first.field("Connection")).isNotEqualTo("close");

            Thread leaving = handOver(before, null);
            assertThat(answer(before.port())).isEqualTo("after");
            RawClient.Answer last = client.get("/").answer();
            assertThat(last.body()).isEqualTo("before");
            assertThat(last.field("Connection")).isEqualTo("close");
            leaving.join();
        }
    }

    @Test
    void anHttp2ConnectionFinishesItsStreamsWhileNewOnesComeToTheSuccessor() throws Exception {
        PemFiles pem = PemFiles.make(directory);
        try (CertificateFiles files = CertificateFiles.open(
                        TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_2)
                        .sslContext(pem.made().trusting())
                        .build()) {
            GatewayServer before = server("before", 0, files);
            before.start();
            URI uri = URI.create("https://localhost:" + before.port() + "/");
            assertThat(body(client, uri)).isEqualTo("before");
            CompletableFuture<HttpResponse<String>> running = client.sendAsync(
                    HttpRequest.newBuilder(uri.resolve("/slow")).build(), BodyHandlers.ofString());

            Thread leaving = handOver(before, files);
            assertThat(body(client, uri)).isEqualTo("after");
            slow.countDown();
            assertThat(running.get(30, TimeUnit.SECONDS).body()).isEqualTo("before");
            leaving.join();
        }
    }

    /** Returns when the one before has closed its port, while it waits for its connections to end. */
    private Thread handOver(GatewayServer before, @Nullable CertificateFiles certificate) throws Exception {
        GatewayServer after = server("after", before.port(), certificate);
        after.startBeside();
        after.takeOver();
        after.settled();
        Thread leaving = Thread.ofPlatform().start(() -> before.leave(LONG));
        while (NewestFirst.listeners(after.port()) > 1) {
            Thread.sleep(10);
        }
        return leaving;
    }

    private GatewayServer server(String name, int port, @Nullable CertificateFiles certificate) {
        GatewayServer server = new GatewayServer(
                new GatewayServer.Settings("127.0.0.1", port, List.of(), 1 << 20, GRACE),
                certificate,
                InstantSource.system(),
                (request, sink) -> {
                    try {
                        if (request.path().equals("/slow")) {
                            slow.await();
                        }
                        ScriptedGateway.send(sink, "text/plain", name);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
        servers.addFirst(server);
        return server;
    }

    private static List<String> tenOf(int port) {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            answers.add(answer(port));
        }
        return answers;
    }

    /** Of a connection of its own. */
    private static String answer(int port) {
        try (RawClient client = new RawClient(port)) {
            return client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                    .answer()
                    .body();
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static String body(HttpClient client, URI uri) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
                .body();
    }
}
