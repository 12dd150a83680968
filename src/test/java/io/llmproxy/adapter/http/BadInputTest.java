package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What clients must not send, through the whole appliance, case by case: it is refused, nothing of it reaches the provider, and
 * the next request is served.
 */
@Timeout(60)
class BadInputTest {
    private static final String LINE = "POST /v1/chat/completions HTTP/1.1\r\n";
    private static final String LEFT = "/v1/moderations";
    private static final String TRICKLED = "/v1/embeddings";
    private static final String TYPE = "Content-Type: application/json\r\n";
    private static final String LENGTH = "Content-Length: " + Http.CHAT.length() + "\r\n";

    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static String key;
    private static int earlier;
    private static CompletableFuture<Boolean> trickled = new CompletableFuture<>();

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        appliance = TestAppliance.builder()
                .set("gateway.head-timeout", "3s")
                .set("gateway.idle-timeout", "3s")
                .start();
        key = "Authorization: Bearer " + appliance.tenantWithKey("acme", upstream.baseUrl()) + "\r\n";
        trickled = trickling();
    }

    @AfterAll
    static void stop() {
        appliance.close();
        upstream.close();
    }

    /** From the beginning of the class on: the rate is that of ten seconds. */
    private static CompletableFuture<Boolean> trickling() {
        CompletableFuture<Boolean> ended = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try (RawClient client = connect()) {
                client.send(
                        "POST " + TRICKLED + " HTTP/1.1\r\nHost: a\r\n" + key + TYPE + "Content-Length: 1000\r\n\r\n");
                Thread.ofVirtual().start(() -> trickle(client));
                ends(client);
                ended.complete(true);
            } catch (IOException e) {
                ended.completeExceptionally(e);
            }
        });
        return ended;
    }

    private static void trickle(RawClient client) {
        try {
            while (true) {
                client.send(" ");
                TimeUnit.MILLISECONDS.sleep(100);
            }
        } catch (IOException e) {
            return; // the server has closed
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aBodyThatTricklesReachesNobodyAndIsInTheLedgerAsTooSlow() throws Exception {
        trickled.get(50, TimeUnit.SECONDS);
        expectNothingUpstream();
        assertNothingUpstreamAndTheNextServed();
        assertThat(upstream.requests()).noneMatch(request -> request.path().equals(TRICKLED));
        assertThat(appliance.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value())
                .containsPattern("\"endpoint\":\"" + TRICKLED + "\"[^}]*\"status\":408");
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                body("a body nested 100,000 levels deep", "[".repeat(100_000)),
                body("a body nested in objects", "{\"a\":".repeat(100_000)),
                body("a truncated body", "{\"model\":\"gpt-4o\",\"messages\":["),
                body("a body of invalid UTF-8", "{\"model\":\"gpt-4o\",\"x\":\"\u00ff\u00fe\"}"),
                body("a body with a NUL", "{\"model\":\"gpt-4o\",\"x\":\"\u0000\"}"),
                arguments(
                        "a body of 100 MB",
                        413,
                        LINE + "Host: a\r\n{key}" + TYPE + "Content-Length: 104857600\r\n\r\n"),
                chunks("a chunk size that is negative", "-5\r\nhello\r\n0\r\n\r\n"),
                chunks("a chunk size that overflows", "ffffffffffffffffffff\r\n"),
                chunks("a chunk size just over 63 bits", "8000000000000000\r\n"),
                chunks("a chunk size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
                chunks("a chunk size with a space in it", "5 5\r\nhello\r\n0\r\n\r\n"),
                chunks("a chunk size with a space before it", " 5\r\nhello\r\n0\r\n\r\n"),
                chunks("an empty chunk size", "\r\nhello\r\n0\r\n\r\n"),
                chunks("no line end after a chunk", "5\r\nhelloXX0\r\n\r\n"),
                chunks("a bare LF after a chunk size", "5\nhello\r\n0\r\n\r\n"),
                chunks("a chunk extension of 100 KB", "5;" + "x".repeat(100_000) + "\r\nhello\r\n0\r\n\r\n"),
                chunks("10,000 trailers", "0\r\n" + "X: 1\r\n".repeat(10_000) + "\r\n"),
                head("two equal Content-Length", 400, LENGTH + LENGTH),
                head("two different Content-Length", 400, LENGTH + "Content-Length: 5\r\n"),
                head("a list of Content-Length", 400, "Content-Length: 5, 5\r\n"),
                head("a signed Content-Length", 400, "Content-Length: +5\r\n"),
                head("Content-Length with Transfer-Encoding", 400, LENGTH + "Transfer-Encoding: chunked\r\n"),
                head("Transfer-Encoding gzip", 400, "Transfer-Encoding: gzip\r\n"),
                head("Transfer-Encoding identity", 400, "Transfer-Encoding: identity\r\n"),
                head("Transfer-Encoding gzip, chunked", 501, "Transfer-Encoding: gzip, chunked\r\n"),
                head("obsolete folding", 400, "X-A: 1\r\n folded\r\n" + LENGTH),
                head("a space before the colon", 400, "Content-Length : 5\r\n"),
                head("a bare LF between fields", 400, "X-A: 1\nX-B: 2\r\n" + LENGTH),
                head("a bare CR between fields", 400, "X-A: 1\rX-B: 2\r\n" + LENGTH),
                head("a NUL in a field", 400, "X-A: a\u0000b\r\n" + LENGTH),
                head("a field of 100 KB", 431, "X-A: " + "a".repeat(100_000) + "\r\n" + LENGTH),
                head("10,000 fields", 431, "X: 1\r\n".repeat(10_000) + LENGTH),
                head("10,000 fields of different names", 431, names(10_000) + LENGTH),
                head("a key of 1 MB", 431, "x-api-key: " + "k".repeat(1 << 20) + "\r\n" + LENGTH),
                head(
                        "a bearer of 1 MB",
                        431,
                        "X-A: 1\r\nAuthorization: Bearer " + "k".repeat(1 << 20) + "\r\n" + LENGTH),
                head("two Host", 400, "Host: a\r\n" + LENGTH),
                host("no Host", ""),
                host("an empty Host", "Host:\r\n"),
                host("a Host with a user", "Host: user:pass@a\r\n"),
                host("a Host with a space", "Host: a b\r\n"),
                host("a Host with a path", "Host: a/../b\r\n"),
                host("a Host of 10 KB", "Host: " + "a".repeat(10_000) + "\r\n"),
                line("a request line of 1 MB", 414, "POST /" + "a".repeat(1 << 20) + " HTTP/1.1"),
                line("a bare LF in the request line", 400, "POST /v1/chat/completions HTTP/1.1\nX: 1"),
                path("..", "/v1/../v1/chat/completions"),
                path("%2e%2e", "/v1/%2e%2e/v1/chat/completions"),
                path("/v1/../api", "/v1/../api/v1/tenants"),
                path("an empty segment", "/v1//chat/completions"),
                path("an empty segment at the beginning", "//v1/chat/completions"),
                path("an encoded slash", "/v1/chat%2Fcompletions"),
                path("a doubly encoded slash", "/v1/chat%252Fcompletions"),
                path("a backslash", "/v1\\chat\\completions"),
                path("an encoded backslash", "/v1/chat%5Ccompletions"),
                path("an encoded NUL", "/v1/chat/completions%00"),
                path("a NUL", "/v1/chat/completions\u0000"),
                path("an absolute URI with ..", "http://a/v1/../v1/chat/completions"),
                path("an absolute URI with a user", "http://user@a/v1/chat/completions"),
                path("an absolute URI of another scheme", "ftp://a/v1/chat/completions"),
                path("an authority", "a:80"),
                line("HTTP/0.9", 400, "GET /v1/models"),
                line("HTTP/3.0", 400, "POST /v1/chat/completions HTTP/3.0"),
                arguments(
                        "HTTP/1.0 with chunks",
                        400,
                        "POST /v1/chat/completions HTTP/1.0\r\n{key}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                arguments("a head that stops", 408, LINE + "Host: a\r\n{key}X-A: "));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void isRefusedAndReachesNobody(String name, int status, String bytes) throws IOException {
        expectNothingUpstream();
        try (RawClient client = connect()) {
            send(client, bytes.replace("{key}", key));
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(status);
            assertThat(answer.field("Content-Type")).isEqualTo("application/json");
            assertThat(answer.body()).startsWith("{\"error\":{\"message\":");
        }
        assertNothingUpstreamAndTheNextServed();
    }

    /** Legal, however rare. */
    static Stream<Arguments> served() {
        String chunked = LINE + "Host: a\r\n{key}" + TYPE + "Transfer-Encoding: chunked\r\n";
        String whole = Integer.toHexString(Http.CHAT.length()) + "{x}\r\n" + Http.CHAT + "\r\n0\r\n";
        String rest = " HTTP/1.1\r\nHost: a\r\n{key}" + TYPE + LENGTH + "\r\n" + Http.CHAT;
        return Stream.of(
                arguments("chunks", chunked + "\r\n" + whole.replace("{x}", "") + "\r\n"),
                arguments("chunk extensions", chunked + "\r\n" + whole.replace("{x}", ";a=\"b;c\";d") + "\r\n"),
                arguments(
                        "trailers", chunked + "Trailer: X-Sum\r\n\r\n" + whole.replace("{x}", "") + "X-Sum: 1\r\n\r\n"),
                arguments("an absolute URI", "POST http://a/v1/chat/completions" + rest),
                arguments("an absolute URI of another host", "POST https://other:443/v1/chat/completions" + rest),
                arguments("an empty line before the request", "\r\nPOST /v1/chat/completions" + rest),
                arguments(
                        "Transfer-Encoding in capitals",
                        chunked.replace("chunked", "CHUNKED") + "\r\n" + whole.replace("{x}", "") + "\r\n"),
                arguments(
                        "HTTP/1.0", "POST /v1/chat/completions HTTP/1.0\r\n{key}" + TYPE + LENGTH + "\r\n" + Http.CHAT),
                arguments(
                        "a field beyond ASCII",
                        "POST /v1/chat/completions" + rest.replace("Host", "X-A: \u00e9\r\nHost")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("served")
    void isServed(String name, String bytes) throws IOException {
        expectNothingUpstream();
        try (RawClient client = connect()) {
            client.send(bytes.replace("{key}", key));
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        }
        assertThat(upstreamRequests()).isEqualTo(earlier + 1);
        assertThat(upstream.lastRequest().text()).isEqualTo(Http.CHAT);
        assertThat(upstream.lastRequest().path()).isEqualTo("/v1/chat/completions");
    }

    @Test
    void answersPipelinedRequestsInTheirOrder() throws IOException {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            all.append("GET /v1/nothing/").append(i % 2 == 0 ? "%2e%2e" : i).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        try (RawClient client = connect().send(all.toString())) {
            for (int i = 0; i < 50; i++) {
                assertThat(client.answer().status()).isEqualTo(i % 2 == 0 ? 400 : 401);
            }
        }
    }

    @Test
    void servesPipelinedRequestsUpToTheFirstBadOneAndNoneBehindIt() throws IOException {
        expectNothingUpstream();
        String good = LINE + "Host: a\r\n" + key + TYPE + LENGTH + "\r\n" + Http.CHAT;
        String bad = LINE + "Host: a\r\n" + key + TYPE + LENGTH + LENGTH + "\r\n" + Http.CHAT;
        try (RawClient client = connect().send(good + good + bad + good + good)) {
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(client.answer().status()).isEqualTo(400);
            assertThat(ends(client)).isTrue();
        }
        assertThat(upstreamRequests()).isEqualTo(earlier + 2);
        assertServed();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 20, 60, 100})
    void aClientThatLeavesAmidTheHeadReachesNobody(int sent) throws IOException {
        expectNothingUpstream();
        try (RawClient client = connect()) {
            client.send((LINE + "Host: a\r\n" + key).substring(0, sent));
        }
        assertNothingUpstreamAndTheNextServed();
    }

    @Test
    void aClientThatLeavesAmidTheBodyReachesNobody() throws IOException {
        expectNothingUpstream();
        try (RawClient client = connect()) {
            client.send(LINE + "Host: a\r\n" + key + TYPE + LENGTH + "\r\n" + Http.CHAT.substring(0, 20));
        }
        assertNothingUpstreamAndTheNextServed();
    }

    @Test
    void aClientThatLeavesAfterTheRequestHarmsNobody() throws IOException {
        try (RawClient client = connect()) {
            client.send(LINE.replace("/v1/chat/completions", LEFT) + "Host: a\r\n" + key + TYPE + LENGTH + "\r\n"
                    + Http.CHAT);
        }
        assertServed();
    }

    @Test
    void aBodyThatStopsReachesNobodyAndIsInTheLedgerAsTooSlow() throws IOException {
        expectNothingUpstream();
        try (RawClient client = connect()) {
            client.send(LINE + "Host: a\r\n" + key + TYPE + LENGTH + "\r\n" + Http.CHAT.substring(0, 20));
            assertThat(ends(client)).isTrue();
        }
        assertNothingUpstreamAndTheNextServed();
        assertThat(appliance.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value())
                .containsPattern("\"status\" ?: ?408");
    }

    @Test
    void isAskedForABodyOnlyWhereItIsWanted() throws IOException {
        expectNothingUpstream();
        String expecting = "Expect: 100-Continue\r\n" + TYPE + LENGTH + "\r\n";
        try (RawClient client = connect().send(LINE + "Host: a\r\nAuthorization: Bearer wrong\r\n" + expecting)) {
            assertThat(client.answer().status()).isEqualTo(401);
            assertThat(ends(client)).isTrue();
        }
        try (RawClient client = connect().send(LINE + "Host: a\r\n" + key + expecting)) {
            assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(upstreamRequests()).isEqualTo(earlier);
            assertThat(client.send(Http.CHAT).answer().status()).isEqualTo(200);
        }
        assertServed();
    }

    @Test
    void readsTheRefusalThoughItsBodyIsStillOnTheWay() throws IOException {
        expectNothingUpstream();
        try (RawClient client = connect()) {
            client.send(LINE + "Host: a\r\nAuthorization: Bearer wrong\r\n" + TYPE + "Content-Length: 8000000\r\n\r\n");
            client.send(new byte[4_000_000]);
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.field("Connection")).isEqualTo("close");
        }
        assertNothingUpstreamAndTheNextServed();
    }

    @Test
    void getsAnAnswerInHttp10ThatEndsWithItsConnection() throws IOException {
        String stream = Http.CHAT_STREAM;
        try (RawClient client = connect()) {
            client.send("POST /v1/chat/completions HTTP/1.0\r\n" + key + TYPE + "Content-Length: " + stream.length()
                    + "\r\nConnection: keep-alive\r\n\r\n" + stream);
            assertThat(client.readHead()).contains("Connection: close").doesNotContain("Transfer-Encoding");
            assertThat(client.rest()).startsWith("data: {").endsWith("data: [DONE]\n\n");
        }
    }

    private static Arguments body(String name, String body) {
        return arguments(
                name, 400, LINE + "Host: a\r\n{key}" + TYPE + "Content-Length: " + body.length() + "\r\n\r\n" + body);
    }

    private static Arguments chunks(String name, String chunks) {
        return arguments(name, 400, LINE + "Host: a\r\n{key}" + TYPE + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
    }

    private static Arguments head(String name, int status, String fields) {
        return arguments(name, status, LINE + "Host: a\r\n{key}" + TYPE + fields + "\r\n" + Http.CHAT);
    }

    private static Arguments host(String name, String host) {
        return arguments(name, 400, LINE + host + "{key}" + TYPE + LENGTH + "\r\n" + Http.CHAT);
    }

    private static Arguments line(String name, int status, String line) {
        return arguments(name, status, line + "\r\nHost: a\r\n{key}" + TYPE + LENGTH + "\r\n" + Http.CHAT);
    }

    private static Arguments path(String name, String path) {
        return line("a path with " + name, 400, "POST " + path + " HTTP/1.1");
    }

    private static String names(int count) {
        StringBuilder fields = new StringBuilder();
        for (int i = 0; i < count; i++) {
            fields.append('X').append(i).append(":\r\n");
        }
        return fields.toString();
    }

    private static RawClient connect() throws IOException {
        return new RawClient(appliance.gateway().getPort());
    }

    /** A server that has refused need not read the rest. */
    private static void send(RawClient client, String bytes) {
        try {
            client.send(bytes);
        } catch (IOException e) {
            assertThat(bytes.length())
                    .as("what was sent when the server closed")
                    .isGreaterThan(64 * 1024);
        }
    }

    private static boolean ends(RawClient client) {
        try {
            return client.rest().isEmpty();
        } catch (IOException e) {
            return true;
        }
    }

    private static void expectNothingUpstream() {
        earlier = upstreamRequests();
    }

    /** Without that of a client that did not wait for its end: it comes when it comes, or is cancelled before. */
    private static int upstreamRequests() {
        return (int) upstream.requests().stream()
                .filter(request -> !request.path().equals(LEFT))
                .count();
    }

    private static void assertNothingUpstreamAndTheNextServed() throws IOException {
        assertServed();
        assertThat(upstreamRequests()).isEqualTo(earlier + 1);
    }

    private static void assertServed() throws IOException {
        try (RawClient client = connect()) {
            client.send(LINE + "Host: a\r\n" + key + TYPE + LENGTH + "\r\n" + Http.CHAT);
            assertThat(client.answer().status()).isEqualTo(200);
        }
    }
}
