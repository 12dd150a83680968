package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies of requests over raw sockets: how they are framed, held back, not read, and broken off. */
@Timeout(60)
class BodyFramingTest {
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
            assertThat(client.endsOrResets()).isTrue();
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
