package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.identity.IpAddress;
import io.llmproxy.testing.Quickest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
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

/** Well-formed requests and every way in which an answer may go, over raw sockets. */
@Timeout(60)
class ListenerTest {
    private static final String TWO = "GET /v1/two?x=1 HTTP/1.1\r\nHost: a\r\nX-Two: 2\r\n\r\n";

    private ScriptedGateway gateway;

    @BeforeEach
    void setUp() throws IOException {
        gateway = new ScriptedGateway("127.0.0.1", "10.0.0.0/8", "::1");
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
    void sendsAHeadAndEachFlushedPieceAtOnce() throws Exception {
        CountDownLatch headSeen = new CountDownLatch(1);
        CountDownLatch firstSeen = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            sink.head(200, HeaderFields.of("Content-Type", "text/event-stream"), -1);
            sink.flush();
            headSeen.await();
            ScriptedGateway.write(sink, "data: 1\n\n");
            sink.flush();
            firstSeen.await();
            ScriptedGateway.write(sink, "data: 2\n\n");
            sink.flush();
            sink.end();
        });
        try (RawClient client = gateway.connect().get("/v1/stream")) {
            assertThat(client.readHead()).contains("Transfer-Encoding: chunked");
            headSeen.countDown();
            assertThat(client.chunk()).isEqualTo("data: 1\n\n");
            firstSeen.countDown();
            assertThat(client.chunk()).isEqualTo("data: 2\n\n");
            assertThat(client.chunk()).isEmpty();
            assertThat(client.get("/v1/stream").readHead()).startsWith("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions,''",
        "/v1/messages,'event: error\n'",
    })
    void endsAFailedEventStreamByAnErrorEventAndNoLastChunk(String path, String prefix) throws IOException {
        gateway.serving((request, sink) -> {
            sink.head(
                    200, HeaderFields.of("content-type", "text/event-stream; charset=utf-8", "x-request-id", "r1"), -1);
            ScriptedGateway.write(sink, "data: {\"par");
            sink.flush();
            sink.fail(ProxyError.Upstream.timedOut("too slow"), new HeaderFields());
        });
        try (RawClient client = gateway.connect().get(path)) {
            client.readHead();
            assertThat(client.chunk()).isEqualTo("data: {\"par");
            String event = client.chunk();
            assertThat(event).startsWith("\n\n" + prefix + "data: {").endsWith("}\n\n");
            assertThat(event).contains("\"type\":\"timeout_error\"", "\"request_id\":\"r1\"");
            assertThat(client.rest()).isEmpty();
        }
    }

    @Test
    void cutsAnotherFailedBodyWithoutAnythingThatLooksLikeAnEnd() throws IOException {
        gateway.serving((request, sink) -> {
            sink.head(200, HeaderFields.of("Content-Type", "application/json"), -1);
            ScriptedGateway.write(sink, "{\"a\":");
            sink.flush();
            sink.fail(ProxyError.Upstream.unreachable("gone"), new HeaderFields());
        });
        try (RawClient client = gateway.connect().get("/v1/a")) {
            client.readHead();
            assertThat(client.rest()).isEqualTo("5\r\n{\"a\":\r\n");
        }
    }

    @Test
    void cutsABodyShorterThanItsHeadDeclares() throws IOException {
        gateway.serving((request, sink) -> {
            sink.head(200, new HeaderFields(), 10);
            ScriptedGateway.write(sink, "half");
            sink.flush();
            sink.end();
        });
        try (RawClient client = gateway.connect().get("/v1/a")) {
            assertThat(client.readHead()).contains("Content-Length: 10");
            assertThat(client.rest()).isEqualTo("half");
        }
    }

    @Test
    void takesAnErrorInsteadOfAHeadThatHasNotGoneOut() throws IOException {
        gateway.serving((request, sink) -> {
            sink.head(200, new HeaderFields(), -1);
            assertThat(sink.started()).isFalse();
            sink.fail(
                    new ProxyError.LimitExceeded("l1", "key", "requests", 5, "minute", 7),
                    HeaderFields.of("x-request-id", "r2"));
            assertThat(sink.started()).isTrue();
        });
        try (RawClient client = gateway.connect().get("/v1/a")) {
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(429);
            assertThat(answer.field("Retry-After")).isEqualTo("7");
            assertThat(answer.field("x-request-id")).isEqualTo("r2");
            assertThat(client.get("/v1/b").answer().status()).isEqualTo(429);
        }
    }

    @Test
    void keepsOrderAndSpellingOfFieldsAndWritesTheConnectionsOwn() throws IOException {
        gateway.serving((request, sink) -> {
            sink.head(
                    200,
                    HeaderFields.of(
                            "zZ-last",
                            "1",
                            "Date",
                            "Thu, 01 Jan 1970 00:00:00 GMT",
                            "a-First",
                            "2",
                            "zZ-last",
                            "3",
                            "Connection",
                            "keep-alive",
                            "Content-Length",
                            "99",
                            "transfer-encoding",
                            "chunked"),
                    0);
            sink.end();
        });
        try (RawClient client = gateway.connect().get("/v1/a")) {
            assertThat(client.readHead())
                    .containsSubsequence(
                            "HTTP/1.1 200 OK\r\n",
                            "zZ-last: 1\r\n",
                            "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n",
                            "a-First: 2\r\n",
                            "zZ-last: 3\r\n",
                            "Content-Length: 0\r\n\r\n");
        }
    }

    @Test
    void sendsTrailersAfterAChunkedBodyButNoneThatMustComeBeforeIt() throws IOException {
        gateway.serving((request, sink) -> {
            sink.head(200, new HeaderFields(), -1);
            ScriptedGateway.write(sink, "hello");
            sink.end(HeaderFields.of(
                    "X-Sum", "1", "Content-Length", "3", "Connection", "close", "set-cookie", "a", "x-b", "c\r\nd"));
        });
        try (RawClient client = gateway.connect()) {
            client.get("/v1/a").readHead();
            assertThat(client.chunk()).isEqualTo("hello");
            assertThat(client.read("0\r\nX-Sum: 1\r\n\r\n".length())).isEqualTo("0\r\nX-Sum: 1\r\n\r\n");
            assertThat(client.get("/v1/b").readHead()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void leavesTrailersOutWhereTheBodyIsNotChunked() throws IOException {
        gateway.serving((request, sink) -> {
            sink.head(200, new HeaderFields(), 5);
            ScriptedGateway.write(sink, "hello");
            sink.end(HeaderFields.of("X-Sum", "1"));
        });
        try (RawClient client = gateway.connect().get("/v1/a")) {
            assertThat(client.answer().body()).isEqualTo("hello");
            assertThat(client.get("/v1/b").readHead()).startsWith("HTTP/1.1 200");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nSet-Cookie: b", "a\nb", "a\u0000b"})
    void answersAnErrorWhereAFieldHoldsALineEnd(String value) throws IOException {
        gateway.serving((request, sink) -> sink.head(200, HeaderFields.of("X-A", value), 0));
        try (RawClient client = gateway.connect().get("/v1/a")) {
            assertThat(client.answer().status()).isEqualTo(500);
        }
    }

    @Test
    void sendsNoBodyWhereTheProtocolHasNone() throws IOException {
        gateway.serving((request, sink) -> {
            int status = Integer.parseInt(request.path().substring(4));
            sink.head(status, new HeaderFields(), 5);
            ScriptedGateway.write(sink, "hello");
            sink.end();
        });
        try (RawClient client = gateway.connect()) {
            client.send("HEAD /v1/200 HTTP/1.1\r\nHost: a\r\n\r\n");
            assertThat(client.readHead()).startsWith("HTTP/1.1 200").contains("Content-Length: 5");
            assertThat(client.get("/v1/204").readHead())
                    .startsWith("HTTP/1.1 204")
                    .doesNotContain("Content-Length");
            assertThat(client.get("/v1/304").readHead())
                    .startsWith("HTTP/1.1 304")
                    .doesNotContain("Content-Length");
            assertThat(client.get("/v1/200").answer().body()).isEqualTo("hello");
        }
    }

    @Test
    void readsChunksWithExtensionsAndTrailersAndServesTheNextRequest() throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5;name=\"v\"\r\nhello\r\n2\r\nxy\r\n0\r\nX-Sum: 1\r\n\r\n" + TWO);
            assertThat(client.answer().body()).isEqualTo("POST /v1/a null helloxy");
            assertThat(client.answer().body()).startsWith("GET /v1/two");
        }
    }

    @Test
    void leavesAContentCodingToTheGateway() throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nzz");
            assertThat(client.answer().body()).isEqualTo("POST /v1/a null zz");
        }
    }

    @Test
    void asksForABodyThatTheClientHoldsBack() throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(client.send("ok").answer().body()).isEqualTo("POST /v1/a null ok");
            assertThat(client.get("/v1/b").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void closesWhereAHeldBackBodyWasNotAskedFor() throws IOException {
        gateway.serving((request, sink) -> sink.fail(new ProxyError.Forbidden("no", "no"), new HeaderFields()));
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.field("Connection")).isEqualTo("close");
            assertThat(client.closedByServer()).isTrue();
        }
    }

    @Test
    void skipsAShortBodyThatNobodyRead() throws IOException {
        gateway.serving((request, sink) -> ScriptedGateway.send(sink, "text/plain", request.path()));
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + TWO);
            assertThat(client.answer().body()).isEqualTo("/v1/a");
            assertThat(client.answer().body()).isEqualTo("/v1/two");
        }
    }

    @Test
    void answersAClientThatStillSendsALongBodyAndThenCloses() throws IOException {
        gateway.serving((request, sink) -> sink.fail(new ProxyError.TooLarge(10), new HeaderFields()));
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
            client.send(new byte[4_000_000]);
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.field("Connection")).isEqualTo("close");
            client.send(new byte[4_000_000]);
            assertThat(client.closedByServer()).isTrue();
        }
    }

    @Test
    void cutsAClientThatStallsInItsBody() throws IOException {
        gateway.close();
        gateway = new ScriptedGateway(Duration.ofSeconds(10), ClientPatience.DEFAULT.withIdle(Duration.ofMillis(300)));
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhel");
            assertThat(endsOrResets(client)).isTrue();
        }
    }

    @Test
    void cutsAClientThatDoesNotReadItsAnswer() throws Exception {
        gateway.close();
        gateway = new ScriptedGateway(Duration.ofSeconds(10), ClientPatience.DEFAULT.withIdle(Duration.ofMillis(300)));
        CompletableFuture<IOException> failure = new CompletableFuture<>();
        gateway.serving((request, sink) -> {
            sink.head(200, new HeaderFields(), -1);
            try {
                for (int i = 0; i < 1000; i++) {
                    sink.write(new byte[1 << 20], 0, 1 << 20);
                }
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        try (RawClient _ = gateway.connect().get("/v1/a")) {
            assertThat(failure.get(20, TimeUnit.SECONDS)).hasMessageContaining("does not read");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void streamsALargeBodyInAndOutWithoutHoldingIt(boolean oneChunk) throws Exception {
        int size = 30 << 20;
        gateway.serving((request, sink) -> {
            sink.head(200, new HeaderFields(), -1);
            byte[] buffer = new byte[32 * 1024];
            for (int n = request.body().read(buffer); n >= 0; n = request.body().read(buffer)) {
                sink.write(buffer, 0, n);
            }
            sink.end();
        });
        try (RawClient client = gateway.connect()) {
            String framing = oneChunk
                    ? "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(size) + "\r\n"
                    : "Content-Length: " + size + "\r\n\r\n";
            Thread sender =
                    Thread.ofVirtual().start(() -> sendAll(client, framing, size, oneChunk ? "\r\n0\r\n\r\n" : ""));
            client.readHead();
            // what was sent first comes back while the rest is still being sent: nothing waits for the whole
            long received = 0;
            for (String chunk = client.chunk(); !chunk.isEmpty(); chunk = client.chunk()) {
                received += chunk.length();
            }
            sender.join();
            assertThat(received).isEqualTo(size);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "-                                  | -                            | 127.0.0.1",
                "X-Forwarded-For: 203.0.113.7        | -                            | 203.0.113.7",
                "X-Forwarded-For: 1.1.1.1, 203.0.113.7 | -                          | 203.0.113.7",
                "X-Forwarded-For: 203.0.113.7, 10.1.2.3 | -                         | 203.0.113.7",
                "X-Forwarded-For: 203.0.113.7        | X-Forwarded-For: 10.1.2.3    | 203.0.113.7",
                "X-Forwarded-For: 10.9.9.9, 10.1.2.3 | -                            | 10.9.9.9",
                "X-Forwarded-For: 203.0.113.7, rubbish, 10.1.2.3 | -                | 10.1.2.3",
                "X-Forwarded-For: rubbish            | -                            | 127.0.0.1",
                "X-Forwarded-For: 203.0.113.7:5000   | -                            | 203.0.113.7",
                "X-Forwarded-For: ::ffff:203.0.113.7 | -                            | 203.0.113.7",
                "X-Forwarded-For: [2001:db8::5]:443  | -                            | 2001:db8::5",
                "X-Forwarded-For: 2001:db8::5        | -                            | 2001:db8::5",
                "Forwarded: for=203.0.113.7;proto=https, for=10.1.2.3 | -           | 203.0.113.7",
                "Forwarded: for=\"[2001:db8::5]:47\" | -                            | 2001:db8::5",
                "Forwarded: for=_hidden              | -                            | 127.0.0.1",
                "Forwarded: for=1.1.1.1              | X-Forwarded-For: 203.0.113.7 | 203.0.113.7",
            })
    void believesForwardingFieldsAsFarAsTrustedProxiesWroteThem(String first, String second, String expected)
            throws IOException {
        gateway.serving(
                (request, sink) -> ScriptedGateway.send(sink, "text/plain", IpAddress.format(request.clientAddress())));
        String fields = (first == null ? "" : first + "\r\n") + (second == null ? "" : second + "\r\n");
        try (RawClient client = gateway.connect().send("GET /v1/a HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")) {
            assertThat(client.answer().body()).isEqualTo(expected);
        }
    }

    @Test
    void believesNobodyWithoutTrustedProxies() throws IOException {
        try (ScriptedGateway plain = new ScriptedGateway()) {
            plain.serving((request, sink) ->
                    ScriptedGateway.send(sink, "text/plain", IpAddress.format(request.clientAddress())));
            try (RawClient client = plain.connect()) {
                client.send("GET /v1/a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n");
                assertThat(client.answer().body()).isEqualTo("127.0.0.1");
            }
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

    @Test
    void letsARunningStreamEndWhileItStopsAndTakesNoMore() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            sink.head(200, HeaderFields.of("Content-Type", "text/event-stream"), -1);
            sink.flush();
            try (var _ = request.watch(() -> {})) {
                running.countDown();
                finish.await();
            }
            ScriptedGateway.write(sink, "data: last\n\n");
            sink.end();
        });
        int port = gateway.server().port();
        try (RawClient idle = gateway.connect();
                RawClient client = gateway.connect().get("/v1/stream")) {
            running.await();
            client.readHead();
            Thread stopping = Thread.ofPlatform().start(gateway::close);
            assertThat(endsOrResets(idle)).isTrue();
            while (accepts(port)) {
                Thread.onSpinWait();
            }
            finish.countDown();
            assertThat(client.chunk()).isEqualTo("data: last\n\n");
            assertThat(client.chunk()).isEmpty();
            stopping.join(Duration.ofSeconds(30));
            assertThat(stopping.isAlive()).isFalse();
        }
    }

    @Test
    void aConnectionThatIsBusyWhenItStopsEndsWithItsAnswer() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            running.countDown();
            finish.await();
            ScriptedGateway.echo(request, sink);
        });
        int port = gateway.server().port();
        try (RawClient client = gateway.connect().get("/v1/first")) {
            running.await();
            Thread stopping = Thread.ofPlatform().start(gateway::close);
            while (accepts(port)) {
                Thread.onSpinWait();
            }
            finish.countDown();
            RawClient.Answer answer = client.answer();
            assertThat(answer.body()).startsWith("GET /v1/first");
            int answered = 1;
            // the server itself may notice a moment later than this test that its port is closed
            while (!answer.field("Connection").equals("close")) {
                answer = client.get("/v1/next").answer();
                answered++;
            }
            assertThat(endsOrResets(client)).isTrue();
            assertThat(gateway.reached()).isEqualTo(answered);
            stopping.join(Duration.ofSeconds(30));
            assertThat(stopping.isAlive()).isFalse();
        }
    }

    private static boolean accepts(int port) throws IOException {
        try (RawClient _ = new RawClient(port)) {
            return true;
        } catch (SocketException e) {
            return false;
        }
    }

    private static GatewayServer server(String host, int port) {
        var settings = new GatewayServer.Settings(host, port, List.of(), 1 << 20, Duration.ofSeconds(1));
        return new GatewayServer(settings, InstantSource.system(), (request, sink) -> {});
    }

    private static boolean endsOrResets(RawClient client) throws IOException {
        try {
            client.rest();
            return true;
        } catch (SocketException e) {
            return true;
        }
    }

    private static void sendAll(RawClient client, String framing, int size, String end) {
        try {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\n" + framing);
            byte[] piece = "x".repeat(64 * 1024).getBytes(StandardCharsets.US_ASCII);
            for (int sent = 0; sent < size; sent += piece.length) {
                client.send(piece);
            }
            client.send(end);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
