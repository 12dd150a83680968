package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.testing.Quickest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Well-formed requests over raw sockets: what a connection carries, and when it ends. */
@Timeout(60)
class ListenerTest {
    private static final String TWO = "GET /v1/two?x=1 HTTP/1.1\r\nHost: a\r\nX-Two: 2\r\n\r\n";
    private ScriptedGateway gateway;

    @BeforeEach
    void setUp() throws IOException {
        gateway = new ScriptedGateway();
    }

    @AfterEach
    void tearDown() {
        gateway.close();
    }

    @Test
    void servesSeveralRequestsOnOneConnection() throws IOException {
        try (RawClient client = gateway.connect()) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.get("/v1/" + i).answer().body()).isEqualTo("GET /v1/" + i + " null ");
            }
        }
    }

    @Test
    void knowsAPathByItsOneSpelling() throws IOException {
        try (RawClient client = gateway.connect()) {
            assertThat(client.get("/%76%31/chat/%63ompletions%20x%7E%2d%5F%2E%25")
                            .answer()
                            .body())
                    .isEqualTo("GET /v1/chat/completions%20x~-_.%25 null ");
        }
    }

    @Test
    void servesTwoRequestsThatCameInOnePacket() throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/one HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + TWO);
            assertThat(client.answer().body()).isEqualTo("POST /v1/one null hello");
            assertThat(client.answer().body()).isEqualTo("GET /v1/two x=1 ");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 4, 17, 25, 26, 27, 44, 45})
    void losesNoByteOfARequestSentWhileAnotherIsWatched(int split) throws Exception {
        CompletableFuture<Boolean> gone = new CompletableFuture<>();
        CountDownLatch release = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            if (request.path().equals("/v1/one")) {
                try (var _ = request.watch(() -> gone.complete(true))) {
                    release.await();
                }
            }
            ScriptedGateway.echo(request, sink);
        });
        try (RawClient client = gateway.connect().get("/v1/one")) {
            TimeUnit.MILLISECONDS.sleep(350); // until the watch reads: it begins at 200 ms
            client.send(TWO.substring(0, split));
            TimeUnit.MILLISECONDS.sleep(20);
            release.countDown();
            client.send(TWO.substring(split));
            assertThat(client.answer().body()).startsWith("GET /v1/one");
            assertThat(client.answer().body()).isEqualTo("GET /v1/two x=1 ");
            assertThat(client.get("/v1/three").answer().body()).startsWith("GET /v1/three");
        }
        assertThat(gone).isNotDone();
    }

    /** As some clients end a body with a line that is none of it, and others send requests ahead. */
    @ParameterizedTest
    @ValueSource(strings = {"\r\n", "GET /v1/two HTTP/1.1\r\nHost: x\r\n\r\n"})
    void tellsThatAClientHasGoneThatHadSentSomethingAhead(String more) throws Exception {
        Quickest.within(Duration.ofSeconds(1), () -> toldAfterSending(more));
    }

    private Duration toldAfterSending(String more) throws Exception {
        CompletableFuture<Long> gone = new CompletableFuture<>();
        gateway.serving((request, sink) -> {
            try (var _ = request.watch(() -> gone.complete(System.nanoTime()))) {
                gone.join();
            }
        });
        long closed;
        try (RawClient client = gateway.connect().get("/v1/one")) {
            for (int i = 0; i < 3; i++) {
                TimeUnit.MILLISECONDS.sleep(250); // the watch begins at 200 ms, and has read what came before
                assertThat(gone).isNotDone();
                client.send(more);
            }
            TimeUnit.MILLISECONDS.sleep(100);
            closed = System.nanoTime();
        }
        return Duration.ofNanos(gone.get(10, TimeUnit.SECONDS) - closed);
    }

    @Test
    void aClientThatEndsItsSideGetsNothingThatLooksLikeAFault() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            try (var _ = request.watch(gone::countDown)) {
                gone.await();
            }
        });
        try (RawClient client = gateway.connect().get("/v1/slow")) {
            client.socket().shutdownOutput();
            assertThat(client.rest()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"false,false", "false,true", "true,false", "true,true"})
    void tellsWithinASecondThatTheClientHasGone(boolean midStream, boolean reset) throws Exception {
        Quickest.within(Duration.ofSeconds(1), () -> toldAfter(midStream, reset));
    }

    private Duration toldAfter(boolean midStream, boolean reset) throws Exception {
        CompletableFuture<Long> gone = new CompletableFuture<>();
        CountDownLatch running = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            CountDownLatch cancelled = new CountDownLatch(1);
            if (midStream) {
                sink.head(200, HeaderFields.of("Content-Type", "text/event-stream"), -1);
                ScriptedGateway.write(sink, "data: 1\n\n");
                sink.flush();
            }
            try (var _ = request.watch(() -> {
                gone.complete(System.nanoTime());
                cancelled.countDown();
            })) {
                running.countDown();
                cancelled.await();
            }
        });
        RawClient client = gateway.connect().get("/v1/slow");
        running.await();
        if (midStream) {
            client.readHead();
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
        }
        long left = System.nanoTime();
        if (reset) {
            client.reset();
        } else {
            client.close();
        }
        return Duration.ofNanos(gone.get(20, TimeUnit.SECONDS) - left);
    }

    @Test
    void closesWhereTheClientAskedForIt() throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("GET /v1/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            RawClient.Answer answer = client.answer();
            assertThat(answer.field("Connection")).isEqualTo("close");
            assertThat(client.closedByServer()).isTrue();
        }
    }

    @Test
    void saysWhichPortIsTaken() throws IOException {
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
                GatewayServer second = server("127.0.0.1", holder.getLocalPort())) {
            assertThatThrownBy(second::start)
                    .isInstanceOf(PortTakenException.class)
                    .hasMessageContaining("127.0.0.1:" + holder.getLocalPort());
        }
    }

    @Test
    void saysThatAnAddressIsNotOurs() {
        try (GatewayServer foreign = server("203.0.113.9", 0)) {
            assertThatThrownBy(foreign::start)
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(PortTakenException.class)
                    .hasMessageContaining("203.0.113.9:0");
        }
    }

    private static GatewayServer server(String host, int port) {
        var settings = new GatewayServer.Settings(host, port, List.of(), 1 << 20, Duration.ofSeconds(1));
        return new GatewayServer(settings, InstantSource.system(), (request, sink) -> {});
    }
}
