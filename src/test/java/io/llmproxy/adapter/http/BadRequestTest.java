package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.EndedRequest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that must not reach the gateway, over raw sockets. */
class BadRequestTest {
    private ScriptedGateway gateway;

    @BeforeEach
    void setUp() throws IOException {
        gateway = new ScriptedGateway();
    }

    @AfterEach
    void tearDown() {
        gateway.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/./models",
                "/v1/../models",
                "/v1/models/..",
                "/v1/%2e%2E/models",
                "/v1/.%2e/models",
                "/..;a/v1",
                "/..%3ba/v1",
                "/v1/.%3B",
                "/v1/..%253ba/v1",
                "/v1/a%2Fb",
                "/v1/a%2fb",
                "/v1/a\\b",
                "/v1/a%5Cb",
                "/v1/a%5cb",
                "/v1/a%00b",
                "/v1/a%0ab",
                "/v1/%252e%252e/models",
                "/v1/%252E./models",
                "/v1/a%255cb",
                "/v1/a%252fb",
                "/v1/a%2500b",
                "/v1/a%25252fb",
                "/v1/a%25%32%66b",
                "/v1/a%25%32%35%32%66b",
                "/v1/%25%32e%25%32e/models",
                "/v1/a%%32fb",
                "/v1/a%zzb",
                "/v1/a%2",
                "/v1/a%",
                "/v1//models",
                "//v1/models",
                "http://gateway/v1/../api",
                "http://gateway//v1/models",
                "http://user@gateway/v1/models",
                "http:///v1/models",
                "http://gate way/v1/models",
                "http://gateway:80:80/v1/models",
                "http://[::1/v1/models",
                "ftp://gateway/v1/models",
                "gateway:80",
                "*",
                "/v1/a\"b",
                "/v1/models#top",
                "/v1/\u00e9"
            })
    void refusesAPathThatAProviderMightReadOtherwise(String target) throws IOException {
        try (RawClient client = gateway.connect()) {
            RawClient.Answer answer = client.get(target).answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body()).startsWith("{\"error\":{\"message\":").contains("\"invalid_request_error\"");
            assertThat(answer.field("Content-Type")).isEqualTo("application/json");
            assertThat(answer.field("x-request-id")).hasSize(36);
        }
        assertServedAfterwards();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Host: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                "Host: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                "Host: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n",
                "Host: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n",
                "Host: a\r\nContent-Length: 5, 5\r\n",
                "Host: a\r\nContent-Length: +5\r\n",
                "Host: a\r\nContent-Length: -5\r\n",
                "Host: a\r\nContent-Length: 0x5\r\n",
                "Host: a\r\nContent-Length:\r\n",
                "Host: a\r\nContent-Length: 99999999999999999999\r\n",
                "Host: a\r\nContent-Length : 5\r\n",
                "Host: a\r\nTransfer-Encoding : chunked\r\n",
                "Host: a\r\nTransfer-Encoding: xchunked\r\n",
                "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n",
                "Host: a\r\nTransfer-Encoding: gzip\r\n",
                "Host: a\r\nTransfer-Encoding: \u000bchunked\r\n",
                "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                "Host: a\r\nX-A: 1\r\n folded: yes\r\n",
                "Host: a\r\nX-A: 1\r\n\tfolded\r\n",
                "Host: a\r\nX-A: 1\nContent-Length: 5\r\n",
                "Host: a\r\nX-A: 1\rContent-Length: 5\r\n",
                "Host: a\nContent-Length: 5\n",
                "Host: a\r\nX-A: a\u0000b\r\n",
                "Host: a\r\nNoColon\r\n",
                "Host: a\r\n: value\r\n",
                "Host: a\r\nX(A): 1\r\n",
                "Host: a\r\nHost: b\r\n",
                "Host: a\r\nHost: a\r\n",
                "Host:\r\n",
                "Host: a/b\r\n",
                "Host: user@a\r\n",
                "Host: a b\r\n",
                "Host: a, b\r\n",
                "Host: a:b\r\n",
                "Host: a:80:80\r\n",
                "Host: a:808080\r\n",
                "Host: :80\r\n",
                "Host: [::1\r\n",
                "Host: [::1]x\r\n",
                "X-A: 1\r\n"
            })
    void refusesAMalformedHeadAndClosesBeforeAnythingElseIsParsed(String fields) throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/models HTTP/1.1\r\n" + fields + "\r\nGET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
            client.socket().shutdownOutput();
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isIn(400, 501);
            assertThat(gateway.refused()).singleElement().satisfies(told -> {
                assertThat(told.requestId()).hasToString(answer.field("x-request-id"));
                assertThat(told.status()).isEqualTo(answer.status());
                assertThat(told.method() + " " + told.path()).isEqualTo("POST /v1/models");
                assertThat(told.address()).isEqualTo("127.0.0.1");
            });
            assertThat(answer.body()).startsWith("{\"error\":{\"message\":").contains("\"invalid_request_error\"");
            assertThat(answer.field("Connection")).isEqualTo("close");
            assertClosed(client);
        }
        assertServedAfterwards();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "GET /v1/models\r\n\r\n",
                "GET  /v1/models HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /v1/models HTTP/2.7\r\nHost: a\r\n\r\n",
                "GET /v1/models HTTP/1.1\nHost: a\n\n"
            })
    void refusesAMalformedRequestLine(String head) throws IOException {
        try (RawClient client = gateway.connect().send(head)) {
            client.socket().shutdownOutput();
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(gateway.refused())
                    .singleElement()
                    .satisfies(told -> assertThat(told.requestId()).hasToString(answer.field("x-request-id")));
            assertClosed(client);
        }
        assertServedAfterwards();
    }

    /** What clients put into a target may be a key, and as long as they like. */
    @Test
    void tellsOfARefusedTargetItsBeginningWithoutTheQuery() throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("GET /v1/models?key=llmp_secret HTTP/1.1\r\nHost: a\r\nX: \u0001\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(400);
        }
        try (RawClient client = gateway.connect()) {
            client.send("GET /v1/" + "a".repeat(9000) + " HTTP/1.1\r\nHost: a\r\nX: \u0001\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(400);
        }
        assertThat(gateway.refused())
                .extracting(EndedRequest::path)
                .containsExactly("/v1/models", "/v1/" + "a".repeat(196));
    }

    @Test
    void refusesAHeadOverItsLimitAndServesOneBelowIt() throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("GET /v1/a HTTP/1.1\r\nHost: a\r\nX-A: " + "a".repeat(60_000) + "\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
        }
        try (RawClient client = gateway.connect()) {
            client.send("GET /v1/a HTTP/1.1\r\nHost: a\r\nX-A: " + "a".repeat(90_000));
            assertThat(client.answer().status()).isEqualTo(431);
        }
        try (RawClient client = gateway.connect().send("GET /v1/" + "a".repeat(17_000))) {
            assertThat(client.answer().status()).isEqualTo(414);
        }
        assertThat(gateway.reached()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "CONNECT", "PROPFIND"})
    void refusesOtherMethods(String method) throws IOException {
        try (RawClient client = gateway.connect().send(method + " /v1/models HTTP/1.1\r\nHost: a\r\n\r\n")) {
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(405);
            assertThat(answer.field("Allow")).contains("GET, HEAD, POST");
        }
        assertServedAfterwards();
    }

    @Test
    void refusesABodyThatDeclaresMoreThanTheListenerTakes() throws IOException {
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n");
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body()).startsWith("{\"type\":\"error\",\"error\":{\"type\":\"request_too_large\"");
        }
        assertServedAfterwards();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "zz\r\nhello\r\n0\r\n\r\n",
                "-5\r\nhello\r\n0\r\n\r\n",
                "\r\nhello",
                "5\r\nhelloXX0\r\n\r\n",
                "5\nhello\r\n0\r\n\r\n",
                "ffffffffffffffffffff\r\n",
                "5 5\r\nhello\r\n0\r\n\r\n",
                "+5\r\nhello\r\n0\r\n\r\n"
            })
    void failsTheReadOfAMalformedChunkedBodyAndClosesTheConnection(String chunks) throws IOException {
        gateway.serving((request, sink) -> {
            try {
                request.body().readAllBytes();
                ScriptedGateway.send(sink, "text/plain", "read");
            } catch (IOException e) {
                sink.fail(new io.llmproxy.domain.error.ProxyError.InvalidRequest("bad body", null), new HeaderFields());
            }
        });
        try (RawClient client = gateway.connect()) {
            client.send("POST /v1/a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
                    + "GET /v1/smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
            client.socket().shutdownOutput();
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.field("Connection")).isEqualTo("close");
            assertClosed(client);
        }
        assertThat(gateway.reached()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/chat/completions",
                "/v1/a;b=c/d;e",
                "/v1/a%20b",
                "/v1/100%25",
                "/v1/models/a:b@c",
                "/",
                "/v1/models/",
                "/v1/a..b/.c",
                "/v1/ft:gpt-4o%3Aorg"
            })
    void passesAPathOnExactlyAsItStood(String target) throws IOException {
        try (RawClient client = gateway.connect()) {
            assertThat(client.get(target).answer().body()).isEqualTo("GET " + target + " null ");
            String query = "a=%2F&b=..&c[]=x;y&d=%zz";
            assertThat(client.get(target + "?" + query).answer().body()).isEqualTo("GET " + target + " " + query + " ");
        }
    }

    /** A client that already has its answer may see the reset that its unread bytes cause. */
    private static void assertClosed(RawClient client) {
        try {
            assertThat(client.rest()).isEmpty();
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    private void assertServedAfterwards() throws IOException {
        assertThat(gateway.reached()).isZero();
        try (RawClient client = gateway.connect()) {
            assertThat(List.of(client.get("/v1/models").answer().status())).containsExactly(200);
        }
    }
}
