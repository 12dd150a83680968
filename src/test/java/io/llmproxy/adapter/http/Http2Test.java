package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsSettings;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.testing.PemFiles;
import io.llmproxy.testing.Quickest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The listener with HTTP/2, as the JDK's client sees it. */
@Timeout(60)
class Http2Test {
    @TempDir
    static Path made;

    private static PemFiles pem;

    private CertificateFiles files;
    private ScriptedGateway gateway;
    private HttpClient client;

    @BeforeAll
    static void make() throws Exception {
        pem = PemFiles.make(made);
    }

    @BeforeEach
    void setUp() throws Exception {
        files = CertificateFiles.open(TlsSettings.of("gateway", pem.certificate(), pem.key()), InstantSource.system());
        gateway = new ScriptedGateway(files, Duration.ofSeconds(10), ClientPatience.DEFAULT);
        client = client();
    }

    private static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(pem.made().trusting())
                .build();
    }

    @AfterEach
    void tearDown() {
        client.shutdownNow();
        gateway.close();
        files.close();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                        URI.create("https://localhost:" + gateway.server().port() + path))
                .timeout(Duration.ofSeconds(40));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return send(client, request);
    }

    private static HttpResponse<String> send(HttpClient by, HttpRequest.Builder request) throws Exception {
        return by.send(request.build(), BodyHandlers.ofString());
    }

    @Test
    void isAgreedOnByAlpn() throws Exception {
        HttpResponse<String> answer = send(request("/v1/a?x=1").POST(BodyPublishers.ofString("hello")));
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(answer.body()).isEqualTo("POST /v1/a x=1 hello");
        assertThat(answer.headers().firstValue("content-length")).contains("20");
        assertThat(answer.headers().firstValue("date")).isPresent();
    }

    @Test
    void servesWhoWantsHttp11InHttp11() throws Exception {
        assertThat(send(request("/v1/a").version(HttpClient.Version.HTTP_1_1)).version())
                .isEqualTo(HttpClient.Version.HTTP_1_1);
    }

    @Test
    void takesTheAuthorityForTheHost() throws Exception {
        gateway.serving((request, sink) -> ScriptedGateway.send(
                sink, "text/plain", request.headers().first("Host").orElse("none")));
        assertThat(send(request("/v1/a")).body())
                .isEqualTo("localhost:" + gateway.server().port());
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
        try (InputStream body = client.send(request("/v1/stream").build(), BodyHandlers.ofInputStream())
                .body()) {
            headSeen.countDown();
            assertThat(new String(body.readNBytes(9), StandardCharsets.UTF_8)).isEqualTo("data: 1\n\n");
            firstSeen.countDown();
            assertThat(new String(body.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("data: 2\n\n");
        }
    }

    @Test
    void sendsNoBodyWhereTheProtocolHasNone() throws Exception {
        gateway.serving((request, sink) -> {
            sink.head(Integer.parseInt(request.path().substring(4)), new HeaderFields(), 5);
            ScriptedGateway.write(sink, "hello");
            sink.end();
        });
        HttpResponse<String> head = send(request("/v1/200").HEAD());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("content-length")).contains("5");
        assertThat(send(request("/v1/204")).statusCode()).isEqualTo(204);
        assertThat(send(request("/v1/304")).statusCode()).isEqualTo(304);
        assertThat(send(request("/v1/200")).body()).isEqualTo("hello");
    }

    @Test
    void answersErrorsInTheClientsDialect() throws Exception {
        gateway.serving((request, sink) ->
                sink.fail(new ProxyError.LimitExceeded("l1", "key", "requests", 5, "minute", 7), new HeaderFields()));
        HttpResponse<String> answer = send(request("/v1/messages").POST(BodyPublishers.ofString("{}")));
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.headers().firstValue("retry-after")).contains("7");
        assertThat(answer.body()).startsWith("{\"type\":\"error\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/../api", "/v1/%2e%2e/api", "/v1//a", "/v1/%2Fa", "/v1/a%00"})
    void refusesAPathThatCouldBeReadOtherwise(String path) throws Exception {
        assertThat(send(request(path)).statusCode()).isEqualTo(400);
        assertThat(gateway.reached()).isZero();
        assertThat(send(request("/v1/next")).statusCode()).isEqualTo(200);
    }

    @Test
    void tellsOfAHeadThatItRefuses() throws Exception {
        HttpResponse<String> answer = send(request("/v1/a?key=secret").header("Proxy-Connection", "close"));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(gateway.reached()).isZero();
        assertThat(gateway.refused()).singleElement().satisfies(told -> {
            assertThat(told.requestId())
                    .hasToString(answer.headers().firstValue("x-request-id").orElseThrow());
            assertThat(told.status()).isEqualTo(400);
            assertThat(told.method() + " " + told.path()).isEqualTo("GET /v1/a");
        });
    }

    @Test
    void refusesAMethodThatNobodyKnows() throws Exception {
        HttpResponse<String> answer = send(request("/v1/a").method("BREW", BodyPublishers.noBody()));
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("allow")).isPresent();
    }

    @Test
    void takesALargeBodyWithoutHoldingIt() throws Exception {
        int size = 30 << 20;
        gateway.serving((request, sink) -> {
            long received = 0;
            byte[] buffer = new byte[32 * 1024];
            for (int n = request.body().read(buffer); n >= 0; n = request.body().read(buffer)) {
                received += n;
            }
            ScriptedGateway.send(sink, "text/plain", Long.toString(received));
        });
        HttpRequest.Builder upload = request("/v1/files").POST(BodyPublishers.ofInputStream(() -> new Zeros(size)));
        assertThat(send(upload).body()).isEqualTo(Integer.toString(size));
    }

    @Test
    void sendsALargeBody() throws Exception {
        int size = 30 << 20;
        gateway.serving((request, sink) -> {
            sink.head(200, new HeaderFields(), size);
            for (int sent = 0; sent < size; sent += 32 * 1024) {
                sink.write(new byte[32 * 1024], 0, 32 * 1024);
            }
            sink.end();
        });
        try (InputStream body = client.send(request("/v1/files/f").build(), BodyHandlers.ofInputStream())
                .body()) {
            assertThat(body.transferTo(OutputStream.nullOutputStream())).isEqualTo(size);
        }
    }

    /** So many bytes. */
    private static final class Zeros extends InputStream {
        private int left;

        Zeros(int size) {
            left = size;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int n = Math.min(left, length);
            left -= n;
            return n == 0 ? -1 : n;
        }
    }

    @Test
    void servesAHundredStreamsOfOneConnectionAtOnce() throws Exception {
        CountDownLatch all = new CountDownLatch(100);
        gateway.serving((request, sink) -> {
            all.countDown();
            all.await();
            byte[] body = new byte[100_000];
            sink.head(200, new HeaderFields(), body.length);
            sink.write(body, 0, body.length);
            sink.end();
        });
        List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        warmUp();
        for (int i = 0; i < 100; i++) {
            answers.add(client.sendAsync(request("/v1/" + i).build(), BodyHandlers.ofByteArray()));
        }
        for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
            assertThat(answer.get(30, TimeUnit.SECONDS).body()).hasSize(100_000);
        }
    }

    /** Makes the one connection that the requests after it share. */
    private void warmUp() throws Exception {
        assertThat(send(request("/v1/../warm")).statusCode()).isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void tellsWithinASecondThatTheClientHasGone(boolean midStream, boolean connectionLost) throws Exception {
        Quickest.within(Duration.ofSeconds(1), () -> {
            try (HttpClient one = client()) {
                return toldAfter(one, midStream, connectionLost);
            }
        });
    }

    private Duration toldAfter(HttpClient own, boolean midStream, boolean connectionLost) throws Exception {
        CompletableFuture<Long> gone = new CompletableFuture<>();
        CountDownLatch running = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            if (!request.path().equals("/v1/slow")) {
                ScriptedGateway.echo(request, sink);
                return;
            }
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
        assertThat(send(own, request("/v1/before")).statusCode()).isEqualTo(200);
        CompletableFuture<HttpResponse<InputStream>> answer =
                own.sendAsync(request("/v1/slow").build(), BodyHandlers.ofInputStream());
        running.await();
        InputStream body = midStream ? answer.get(20, TimeUnit.SECONDS).body() : null;
        if (body != null) {
            assertThat(body.readNBytes(9)).hasSize(9);
        }
        long left = System.nanoTime();
        if (connectionLost) {
            own.shutdownNow();
        } else if (body != null) {
            body.close();
        } else {
            answer.cancel(true);
        }
        Duration told = Duration.ofNanos(gone.get(20, TimeUnit.SECONDS) - left);
        if (!connectionLost) {
            assertThat(send(own, request("/v1/after")).statusCode()).isEqualTo(200);
            own.shutdownNow();
        }
        return told;
    }

    @ParameterizedTest
    @CsvSource({"/v1/chat/completions,'data: {'", "/v1/messages,'event: error\n'"})
    void endsAFailedEventStreamByAnErrorEventAndAReset(String path, String prefix) throws Exception {
        gateway.serving((request, sink) -> {
            sink.head(200, HeaderFields.of("Content-Type", "text/event-stream", "x-request-id", "r1"), -1);
            ScriptedGateway.write(sink, "data: {\"par");
            sink.flush();
            sink.fail(ProxyError.Upstream.timedOut("too slow"), new HeaderFields());
        });
        try (InputStream body =
                client.send(request(path).build(), BodyHandlers.ofInputStream()).body()) {
            StringBuilder seen = new StringBuilder();
            assertThatThrownBy(() -> {
                        for (int c = body.read(); c >= 0; c = body.read()) {
                            seen.append((char) c);
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasStackTraceContaining("RST_STREAM");
            assertThat(seen.toString())
                    .satisfiesAnyOf(
                            text -> assertThat(text)
                                    .startsWith("data: {\"par\n\n" + prefix)
                                    .contains("timeout_error", "\"r1\""),
                            // the JDK's client drops what it has not handed on yet once a reset has come
                            text -> assertThat(text.length()).isLessThanOrEqualTo("data: {\"par".length()));
        }
        gateway.serving(ScriptedGateway::echo);
        assertThat(send(request("/v1/next")).version()).isEqualTo(HttpClient.Version.HTTP_2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void resetsTheStreamOfAnotherAnswerThatFails(boolean shorterThanDeclared) throws Exception {
        gateway.serving((request, sink) -> {
            sink.head(200, HeaderFields.of("Content-Type", "application/json"), shorterThanDeclared ? 10 : -1);
            ScriptedGateway.write(sink, "{\"a\":");
            sink.flush();
            if (shorterThanDeclared) {
                sink.end();
            } else {
                sink.fail(ProxyError.Upstream.unreachable("gone"), new HeaderFields());
            }
        });
        assertThatThrownBy(() -> send(request("/v1/a")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("RST_STREAM");
    }

    @Test
    void answersAClientThatStillSendsALongBody() throws Exception {
        gateway.serving((request, sink) -> sink.fail(new ProxyError.TooLarge(10), new HeaderFields()));
        HttpResponse<String> answer =
                send(request("/v1/files").POST(BodyPublishers.ofInputStream(() -> new Zeros(8 << 20))));
        assertThat(answer.statusCode()).isEqualTo(413);
        gateway.serving(ScriptedGateway::echo);
        assertThat(send(request("/v1/next")).statusCode()).isEqualTo(200);
    }

    @Test
    void letsARunningStreamEndWhileItStopsAndTakesNoMore() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch finish = new CountDownLatch(1);
        gateway.serving((request, sink) -> {
            sink.head(200, HeaderFields.of("Content-Type", "text/event-stream"), -1);
            ScriptedGateway.write(sink, "data: first\n\n");
            sink.flush();
            running.countDown();
            finish.await();
            ScriptedGateway.write(sink, "data: last\n\n");
            sink.end();
        });
        CompletableFuture<HttpResponse<String>> answer =
                client.sendAsync(request("/v1/stream").build(), BodyHandlers.ofString());
        running.await();
        Thread stopping = Thread.ofPlatform().start(gateway::close);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (accepts() && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
        finish.countDown();
        assertThat(answer.get(20, TimeUnit.SECONDS).body()).endsWith("data: last\n\n");
        stopping.join(Duration.ofSeconds(20));
        assertThat(stopping.isAlive()).isFalse();
    }

    private boolean accepts() {
        try (RawClient _ = gateway.connect()) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void resetsAClientThatDoesNotReadItsAnswer() throws Exception {
        gateway.close();
        gateway = new ScriptedGateway(
                files, Duration.ofSeconds(10), ClientPatience.DEFAULT.withIdle(Duration.ofMillis(300)));
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
        try (InputStream _ = client.send(request("/v1/a").build(), BodyHandlers.ofInputStream())
                .body()) {
            assertThat(failure.get(20, TimeUnit.SECONDS)).hasMessageContaining("does not read");
        }
    }
}
