package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Durations;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.RawClient;
import io.llmproxy.testing.RawClient.Seen;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What clients and the ledger see of providers that misbehave or are merely odd, byte for byte; and that the next request is
 * served, on a clean connection.
 */
class OddUpstreamTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    private static final String CHUNKED = OK + "Transfer-Encoding: chunked\r\n\r\n";
    private static final String EVENTS =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    private static final String ODD = "/v1/moderations";
    private static final String JSON = "{\"model\":\"m\",\"input\":\"x\"}";
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;
    private static RawClient client;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        // one provider does everything wrong here that can be, and is called all the same
        appliance =
                TestAppliance.builder().set("resilience.breaker-failures", "0").start();
        String key = appliance.tenantWithKey("acme", upstream.baseUrl());
        http = new Http(appliance.gateway(), key);
        client = new RawClient(appliance, "acme", key);
        hasty("no-first-byte", "--first-byte-timeout", "400ms");
        hasty("stalls", "--idle-timeout", "400ms");
        hasty("slow-in-all", "--timeout", "2s");
    }

    /** A provider at the same upstream that is quick to give up, in one respect. */
    private static void hasty(String name, String timeout, String duration) {
        appliance
                .ctl(
                        "-t",
                        "acme",
                        "provider",
                        "create",
                        name,
                        "--type",
                        "custom",
                        "--models",
                        name,
                        "--base-url",
                        upstream.baseUrl().toString(),
                        timeout,
                        duration)
                .value();
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        upstream.close();
    }

    @AfterEach
    void theNextRequestIsServedOnACleanConnection() {
        upstream.beforeBody(c -> {});
        for (int i = 0; i < 2; i++) {
            assertThat(http.chat().body()).contains("Hello from the fake.").doesNotContain("EVIL");
        }
    }

    // ------------------------------------------------------------------ no answer that a client could be given

    static Stream<Arguments> noAnswers() {
        return Stream.of(
                Arguments.of("resets before the head", Script.rawThenReset("")),
                Arguments.of("closes before the head", Script.rawThenClose("")),
                Arguments.of("resets inside the head", Script.rawThenReset("HTTP/1.1 200 OK\r\nContent-Le")),
                Arguments.of("closes inside the head", Script.rawThenClose("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n")),
                Arguments.of("closes inside the status line", Script.rawThenClose("HTTP/1.1 20")),
                Arguments.of("an interim head and no more", Script.rawThenClose("HTTP/1.1 100 Continue\r\n\r\n")),
                Arguments.of("garbage", Script.rawThenClose("\u0001\u0002 garbage \u00ff\r\n\r\n\r\n\r\n")),
                Arguments.of("another protocol", Script.rawThenClose("SSH-2.0-OpenSSH_9.6\r\n")),
                Arguments.of("two lengths", Script.raw(OK + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcEVIL")),
                Arguments.of(
                        "the same length twice", Script.raw(OK + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}")),
                Arguments.of("a length that is none", Script.raw(OK + "Content-Length: 3x\r\n\r\nabc")),
                Arguments.of(
                        "a header above 64 KiB",
                        Script.raw(OK + "X-Large: " + "v".repeat(66_000) + "\r\nContent-Length: 0\r\n\r\n")),
                Arguments.of(
                        "heads without an end",
                        Script.raw(OK + ("X: " + "y".repeat(60_000) + "\r\n").repeat(4) + "\r\n")),
                Arguments.of(
                        "switches protocols unasked",
                        Script.raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nEVIL")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("noAnswers")
    void isATypedErrorWhereThereIsNoAnswer(String name, Script script) throws IOException {
        upstream.on(ODD, script);
        Seen seen = client.post(ODD, JSON);
        assertThat(seen.status()).as(name).isEqualTo(502);
        assertThat(seen.error()).isEqualTo("upstream_error");
        assertThat(seen.body()).doesNotContain("EVIL", "garbage");
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("failed");
        assertThat(client.ledger(seen).path("status").asInt()).isEqualTo(502);
    }

    // ------------------------------------------------------------------ answers that break off

    static Stream<Arguments> halves() {
        return Stream.of(
                Arguments.of("half of the length", Script.rawThenClose(OK + "Content-Length: 10\r\n\r\n{\"a\"")),
                Arguments.of("half, then a reset", Script.rawThenReset(OK + "Content-Length: 10\r\n\r\n{\"a\"")),
                Arguments.of("a head and no body", Script.rawThenClose(OK + "Content-Length: 10\r\n\r\n")),
                Arguments.of("no last chunk", Script.rawThenClose(CHUNKED + "3\r\nabc\r\n")),
                Arguments.of("half a chunk", Script.rawThenClose(CHUNKED + "a\r\nabc")),
                Arguments.of("half of the last chunk", Script.rawThenClose(CHUNKED + "3\r\nabc\r\n0\r\n")),
                Arguments.of("a chunk that is longer than told", Script.raw(CHUNKED + "2\r\nabc\r\n0\r\n\r\n")),
                Arguments.of("garbage for a chunk", Script.raw(CHUNKED + "3\r\nabc\r\nzz\r\nEVIL\r\n0\r\n\r\n")),
                Arguments.of("half of a gzip body", (Script) c -> c.answer(
                        200, Arrays.copyOf(gzipped("{\"a\":1}".repeat(100)), 20), "Content-Encoding", "gzip")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("halves")
    void neverPassesHalfAnAnswerOffAsAWholeOne(String name, Script script) throws IOException {
        upstream.on(ODD, script);
        Seen seen = client.post(ODD, JSON);
        assertThat(seen.whole() && seen.status() == 200).as(name + ": " + seen).isFalse();
        assertThat(seen.body()).doesNotContain("EVIL");
        assertThat(client.ledger(seen).path("outcome").asString()).isIn("cut", "failed");
    }

    static Stream<Arguments> halfStreams() {
        return Stream.of(
                Arguments.of("closes", Script.rawThenClose(EVENTS + chunk("data: 1\n\n"))),
                Arguments.of("closes inside an event", Script.rawThenClose(EVENTS + chunk("data: 1\n\ndata: 2"))),
                Arguments.of("garbage", Script.raw(EVENTS + chunk("data: 1\n\n") + "EVIL\r\n")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("halfStreams")
    void endsABrokenStreamByOneErrorEventAndNoLastChunk(String name, Script script) throws IOException {
        upstream.on("/v1/responses", script);
        Seen seen = client.post("/v1/responses", "{\"model\":\"m\",\"stream\":true,\"input\":\"x\"}");
        assertThat(seen.status()).as(name).isEqualTo(200);
        assertThat(seen.whole()).isFalse();
        assertThat(seen.body()).contains("upstream_error").doesNotContain("[DONE]", "EVIL");
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("cut");
    }

    // ------------------------------------------------------------------ too slow

    @Test
    void isWaitedForAsLongAsTheContractSaysWhereTheOperatorSaysNothing() {
        JsonNode up = MAPPER.readTree(appliance
                .ctl("-t", "acme", "provider", "show", "up", "-o", "json")
                .value());
        assertThat(limit(up, "connectTimeout")).isEqualTo(Duration.ofSeconds(5));
        assertThat(limit(up, "firstByteTimeout")).isEqualTo(Duration.ofMinutes(10));
        assertThat(limit(up, "idleTimeout")).isEqualTo(Duration.ofMinutes(5));
        assertThat(up.path("timeout").isNull()).isTrue();
    }

    private static Duration limit(JsonNode provider, String name) {
        return Durations.parse(name, provider.path(name).asString());
    }

    @Test
    void answers504WhereTheFirstByteDoesNotCome() throws IOException {
        upstream.on(ODD, Script.silence());
        Seen seen = client.post(ODD, JSON.replace("\"m\"", "\"no-first-byte\""));
        assertThat(seen.status()).isEqualTo(504);
        assertThat(seen.error()).isEqualTo("timeout_error");
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("failed");
    }

    @Test
    void answers504WhereAHeadStalls() throws IOException {
        upstream.on(ODD, c -> c.write("HTTP/1.1 200 O").awaitClose());
        Seen seen = client.post(ODD, JSON.replace("\"m\"", "\"stalls\""));
        assertThat(seen.status()).isEqualTo(504);
        assertThat(seen.error()).isEqualTo("timeout_error");
    }

    @Test
    void cutsAStreamThatFallsSilentAfterItsHead() throws IOException {
        upstream.on("/v1/responses", c -> c.write(EVENTS).awaitClose());
        Seen seen = client.post("/v1/responses", "{\"model\":\"stalls\",\"stream\":true,\"input\":\"x\"}");
        assertThat(seen.status()).isEqualTo(200);
        assertThat(seen.whole()).isFalse();
        assertThat(seen.body()).contains("timeout_error").doesNotContain("[DONE]");
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("cut");
    }

    @Test
    void cutsAnAnswerThatTakesLongerThanItMayInAll() throws IOException {
        upstream.on(ODD, c -> {
            c.write(CHUNKED);
            for (int i = 0; i < 2000; i++) {
                c.write("1\r\nx\r\n").pause(20);
            }
        });
        Seen seen = client.post(ODD, JSON.replace("\"m\"", "\"slow-in-all\""));
        assertThat(seen.whole()).isFalse();
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("cut");
    }

    @Test
    void answers504WhereAnUploadIsNotTaken() throws Exception {
        Gate end = new Gate();
        upstream.beforeBody(c -> {
            if (c.request().path().equals(ODD)) {
                end.await();
            }
        });
        Seen seen = client.post(ODD, "{\"model\":\"stalls\",\"input\":\"" + "x".repeat(20 << 20) + "\"}");
        end.open();
        assertThat(seen.status()).isEqualTo(504);
        assertThat(seen.error()).isEqualTo("timeout_error");
    }

    @Test
    void waitsForAnAnswerThatComesByteByByte() throws IOException {
        upstream.on(ODD, c -> c.trickle(OK + "Content-Length: 7\r\n\r\n{\"a\":1}", 2));
        Seen seen = client.post(ODD, JSON);
        assertThat(seen.body()).isEqualTo("{\"a\":1}");
        assertThat(seen.whole()).isTrue();
        assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("completed");
    }

    // ------------------------------------------------------------------ odd and good

    static Stream<Arguments> oddAndGood() {
        String large = "v".repeat(65_000);
        return Stream.of(
                Arguments.of(
                        "a header of 64 KB",
                        raw(OK + "X-Large: " + large + "\r\nContent-Length: 2\r\n\r\n{}"),
                        200,
                        "{}"),
                Arguments.of(
                        "surplus bytes",
                        raw(OK + "Content-Length: 2\r\n\r\n{}" + OK + "Content-Length: 4\r\n\r\nEVIL"),
                        200,
                        "{}"),
                Arguments.of("a body longer than its length", raw(OK + "Content-Length: 2\r\n\r\n{}EVIL"), 200, "{}"),
                Arguments.of(
                        "length and chunks",
                        raw(OK + "Content-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nEVIL"),
                        200,
                        "{}"),
                Arguments.of(
                        "chunk extensions",
                        raw(CHUNKED + "1;a=\"b;c\"\r\n{\r\n1 ; x\r\n}\r\n0;end\r\n\r\n"),
                        200,
                        "{}"),
                Arguments.of(
                        "100 and then 200",
                        raw("HTTP/1.1 100 Continue\r\n\r\n" + OK + "Content-Length: 2\r\n\r\n{}"),
                        200,
                        "{}"),
                Arguments.of(
                        "103 and then 200",
                        raw("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + OK + "Content-Length: 2\r\n\r\n{}"),
                        200,
                        "{}"),
                Arguments.of("204", raw("HTTP/1.1 204 No Content\r\n\r\n"), 204, ""),
                Arguments.of(
                        "304 with a length",
                        raw("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 9\r\n\r\n"),
                        304,
                        ""),
                Arguments.of("a body until the close", Script.rawThenClose(OK + "\r\n{\"a\":1}"), 200, "{\"a\":1}"),
                Arguments.of(
                        "HTTP/1.0 with a length",
                        Script.rawThenClose("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
                        200,
                        "{}"),
                Arguments.of("HTTP/1.0 without a length", Script.rawThenClose("HTTP/1.0 200 OK\r\n\r\n{}"), 200, "{}"),
                Arguments.of(
                        "closes right after the answer",
                        Script.rawThenClose(OK + "Content-Length: 2\r\n\r\n{}"),
                        200,
                        "{}"));
    }

    private static Script raw(String bytes) {
        return Script.raw(bytes);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("oddAndGood")
    void relaysWhatIsOddAndGood(String name, Script script, int status, String body) throws IOException {
        upstream.on(ODD, script);
        for (int i = 0; i < 2; i++) {
            Seen seen = client.post(ODD, JSON);
            assertThat(seen.status()).as(name).isEqualTo(status);
            assertThat(seen.body()).isEqualTo(body);
            assertThat(seen.whole()).isTrue();
            assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("completed");
        }
    }

    @Test
    void relaysRedirectsAndFollowsNone() throws IOException {
        try (FakeProvider elsewhere = FakeProvider.start()) {
            String location = elsewhere.origin() + "/v1/moderations";
            for (int status : new int[] {301, 302, 307, 308}) {
                upstream.on(ODD, Script.answer(status, "", "Location", location));
                Seen seen = client.post(ODD, JSON);
                assertThat(seen.status()).isEqualTo(status);
                assertThat(seen.field("location")).isEqualTo(location);
            }
            assertThat(elsewhere.connections()).isZero();
        }
    }

    @Test
    void answersHeadWithoutABody() throws IOException {
        upstream.on("/v1/files/f/content", Script.answer(200, "0123456789"));
        Seen seen = client.exchange("HEAD", "/v1/files/f/content", "");
        assertThat(seen.status()).isEqualTo(200);
        assertThat(seen.field("content-length")).isEqualTo("10");
        assertThat(seen.body()).isEmpty();
    }

    @Test
    void passesTrailersOn() throws IOException {
        upstream.on(
                ODD,
                Script.raw(
                        CHUNKED + "2\r\n{}\r\n0\r\nX-Checksum: abc\r\nSet-Cookie: a=b\r\nContent-Length: 5\r\n\r\n"));
        Seen seen = client.post(ODD, JSON);
        assertThat(seen.text()).contains("0\r\nX-Checksum: abc\r\n\r\n").doesNotContain("Set-Cookie");
        assertThat(seen.whole()).isTrue();
    }

    @Test
    void passesTrailersOnBehindADecodedBody() throws IOException {
        upstream.on(ODD, c -> {
            byte[] coded = gzipped("{\"a\":1}");
            c.write(OK + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n");
            c.write(Integer.toHexString(coded.length) + "\r\n").write(coded).write("\r\n0\r\nX-Checksum: abc\r\n\r\n");
        });
        Seen seen = client.post(ODD, JSON);
        assertThat(seen.body()).isEqualTo("{\"a\":1}");
        assertThat(seen.text()).contains("X-Checksum: abc");
    }

    @Test
    void leavesGzipToAClientThatTakesItAndDecodesItForOneThatDoesNot() throws IOException {
        byte[] coded = gzipped("{\"a\":1}");
        upstream.on(ODD, c -> c.answer(200, coded, "Content-Encoding", "gzip"));
        Seen taking = client.exchange("POST", ODD, JSON, "Accept-Encoding: gzip");
        assertThat(taking.field("content-encoding")).isEqualTo("gzip");
        assertThat(taking.body().getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(coded);
        Seen other = client.post(ODD, JSON);
        assertThat(other.field("content-encoding")).isEmpty();
        assertThat(other.body()).isEqualTo("{\"a\":1}");
    }

    @Test
    void relaysAnAnswerThatComesBeforeTheUploadIsDone() throws IOException {
        for (int status : new int[] {401, 413}) {
            upstream.beforeBody(c -> {
                if (c.request().path().equals(ODD)) {
                    c.write("HTTP/1.1 " + status + " No\r\nContent-Length: 8\r\nConnection: close\r\n\r\n{\"no\":1}");
                    c.awaitClose();
                }
            });
            Seen seen = client.post(ODD, "{\"model\":\"m\",\"input\":\"" + "x".repeat(20 << 20) + "\"}");
            assertThat(seen.status()).isEqualTo(status);
            assertThat(seen.body()).isEqualTo("{\"no\":1}");
            assertThat(client.ledger(seen).path("outcome").asString()).isEqualTo("completed");
        }
    }

    @Test
    void doesNotMindConnectionsThatWereClosedWhileIdle() {
        for (int i = 0; i < 10; i++) {
            assertThat(http.chat().statusCode()).isEqualTo(200);
            upstream.dropConnections();
        }
    }

    @Test
    void neverTakesALate408ForTheAnswerToTheNextRequest() throws Exception {
        Gate late = new Gate();
        Gate written = new Gate();
        upstream.on(ODD, c -> {
            c.write(OK + "Content-Length: 2\r\n\r\n{}");
            late.await();
            c.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\nConnection: close\r\n\r\nEVIL");
            c.close();
            written.open();
        });
        assertThat(client.post(ODD, JSON).body()).isEqualTo("{}");
        late.open();
        written.await();
        assertThat(http.chat().statusCode()).isEqualTo(200);
    }

    private static String chunk(String text) {
        return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
    }

    private static byte[] gzipped(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }
}
