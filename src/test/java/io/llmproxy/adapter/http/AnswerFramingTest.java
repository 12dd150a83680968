package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which an answer may go, over raw sockets. */
@Timeout(60)
class AnswerFramingTest {
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
}
