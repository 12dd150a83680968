package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A request with an Idempotency-Key runs once; who sends it again gets its answer. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdempotencyTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String REPLAYED = "idempotency-replayed";
    private final FakeProvider upstream = FakeProvider.start();
    private TestAppliance appliance;
    private Http http;

    @BeforeAll
    void setUp() {
        appliance = TestAppliance.builder()
                .set("limits.user.requests", "0")
                .set("limits.tenant.requests", "0")
                .set("idempotency.max-answer", "64KiB")
                .start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
    }

    @AfterEach
    void plain() {
        upstream.restore(CHAT);
    }

    @AfterAll
    void tearDown() {
        http.close();
        appliance.close();
        upstream.close();
    }

    @Test
    void theSameRequestRunsOnceAndItsAnswerIsGivenAgain() {
        int before = calls();
        String key = key();
        HttpResponse<String> first = http.send(chat(key));
        HttpResponse<String> second = http.send(chat(key));

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(first.headers().firstValue(REPLAYED)).isEmpty();
        assertThat(second.statusCode()).isEqualTo(200);
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(header(second, REPLAYED)).isEqualTo("true");
        assertThat(header(second, "content-type")).isEqualTo(header(first, "content-type"));
        assertThat(header(second, "x-llmproxy-provider")).isEqualTo("up");
        assertThat(header(second, "x-llmproxy-attempts")).isEqualTo("0");
        assertThat(header(second, "x-request-id")).isNotEqualTo(header(first, "x-request-id"));
        assertThat(header(second, "x-llmproxy-replay-of")).isEqualTo(header(first, "x-request-id"));
        assertThat(second.headers().allValues("via")).containsExactly("1.1 llmproxy");
        assertThat(calls()).isEqualTo(before + 1);
    }

    @Test
    void whatWasLeftOfLimitsAtThatTimeIsNotToldAgain() {
        upstream.on(
                CHAT, Script.answer(200, "{}", "x-ratelimit-remaining-requests", "7", "openai-processing-ms", "12"));
        String key = key();
        HttpResponse<String> first = http.send(chat(key));
        assertThat(header(first, "x-upstream-ratelimit-remaining-requests")).isEqualTo("7");
        HttpResponse<String> again = http.send(chat(key));
        assertThat(header(again, REPLAYED)).isEqualTo("true");
        assertThat(header(again, "openai-processing-ms")).isEqualTo("12");
        assertThat(again.headers().firstValue("x-upstream-ratelimit-remaining-requests"))
                .isEmpty();
    }

    @Test
    void theLedgerSaysThatAReplayCostNothing() {
        String key = key();
        http.send(chat(key));
        String replay = header(http.send(chat(key)), "x-request-id");
        String line = appliance
                .ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                .value()
                .lines()
                .filter(l -> l.contains(replay))
                .findFirst()
                .orElseThrow();
        assertThat(line)
                .containsPattern("\"outcome\" ?: ?\"completed\"")
                .containsPattern("\"errorCode\" ?: ?\"idempotent_replay\"")
                .containsPattern("\"inputTokens\" ?: ?0")
                .containsPattern("\"outputTokens\" ?: ?0")
                .containsPattern("\"attempts\" ?: ?0");
    }

    @Test
    void withoutTheFieldEveryRequestRuns() {
        int before = calls();
        http.chat();
        HttpResponse<String> second = http.chat();
        assertThat(second.headers().firstValue(REPLAYED)).isEmpty();
        assertThat(calls()).isEqualTo(before + 2);
    }

    @Test
    void anotherBodyIsAConflictThatIsNotToBeSentAgain() {
        String key = key();
        int before = calls();
        http.send(chat(key));
        HttpResponse<String> other = http.send(post(CHAT, Http.CHAT.replace("hi", "ho"), key));
        assertThat(other.statusCode()).isEqualTo(409);
        assertThat(Http.error(other)).isEqualTo("idempotency_conflict/idempotency_conflict");
        assertThat(header(other, "x-should-retry")).isEqualTo("false");
        assertThat(calls()).isEqualTo(before + 1);
    }

    @Test
    void anotherPathQueryOrApiKeyIsAnotherRequest() {
        String key = key();
        int before = calls();
        http.send(chat(key));
        http.send(post(CHAT + "?v=2", Http.CHAT, key));
        http.send(post("/v1/responses", "{\"model\":\"gpt-4o\",\"input\":\"hi\"}", key));
        String secret = appliance
                .ctl(
                        "-t",
                        "acme",
                        "key",
                        "create",
                        "other-" + UUID.randomUUID().toString().substring(0, 8),
                        "-q")
                .value();
        try (Http other = new Http(appliance.gateway(), secret)) {
            HttpResponse<String> answer = other.send(post(other, CHAT, Http.CHAT.replace("hi", "x"), key));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue(REPLAYED)).isEmpty();
        }
        assertThat(calls()).isEqualTo(before + 4);
    }

    @Test
    void theSameKeyOfAnotherTenantIsAnotherRequest() {
        String key = key();
        int before = calls();
        HttpResponse<String> first = http.send(chat(key));
        try (Http other = new Http(appliance.gateway(), appliance.tenantWithKey("other", upstream.baseUrl()))) {
            HttpResponse<String> answer = other.send(post(other, CHAT, Http.CHAT, key));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue(REPLAYED)).isEmpty();
            assertThat(other.send(post(other, CHAT, Http.CHAT.replace("hi", "x"), key))
                            .statusCode())
                    .isEqualTo(409);
            assertThat(header(other.send(post(other, CHAT, Http.CHAT, key)), "x-llmproxy-replay-of"))
                    .isEqualTo(header(answer, "x-request-id"))
                    .isNotEqualTo(header(first, "x-request-id"));
        }
        assertThat(calls()).isEqualTo(before + 2);
    }

    @Test
    void anEventStreamIsGivenAgainByteForByte() {
        String key = key();
        HttpResponse<byte[]> first = http.bytes(post(CHAT, Http.CHAT_STREAM, key));
        HttpResponse<byte[]> second = http.bytes(post(CHAT, Http.CHAT_STREAM, key));
        assertThat(new String(first.body(), StandardCharsets.UTF_8)).contains("data: [DONE]");
        assertThat(second.body()).isEqualTo(first.body());
        assertThat(second.headers().firstValue(REPLAYED)).contains("true");
        assertThat(second.headers().firstValue("content-type"))
                .isEqualTo(first.headers().firstValue("content-type"));
    }

    @Test
    void aCodedAnswerIsGivenAgainInTheCodingThatTheClientTakes() throws IOException {
        byte[] coded = gzip("{\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}");
        upstream.on(CHAT, c -> c.answer(200, coded, "Content-Type", "application/json", "Content-Encoding", "gzip"));
        String key = key();
        HttpResponse<byte[]> first = http.bytes(chat(key).header("Accept-Encoding", "gzip"));
        HttpResponse<byte[]> again = http.bytes(chat(key).header("Accept-Encoding", "gzip"));
        HttpResponse<byte[]> plain = http.bytes(chat(key));

        assertThat(first.body()).isEqualTo(coded);
        assertThat(again.body()).isEqualTo(coded);
        assertThat(again.headers().firstValue("content-encoding")).contains("gzip");
        assertThat(plain.headers().firstValue("content-encoding")).isEmpty();
        assertThat(plain.headers().firstValue(REPLAYED)).contains("true");
        try (GZIPInputStream in = new GZIPInputStream(new java.io.ByteArrayInputStream(coded))) {
            assertThat(plain.body()).isEqualTo(in.readAllBytes());
        }
    }

    @Test
    void twoHundredAtTheSameInstantAreOneCall() throws Exception {
        Gate gate = new Gate();
        upstream.on(CHAT, c -> {
            gate.await();
            c.answer(200, "{\"id\":\"one\"}".getBytes(StandardCharsets.UTF_8), "Content-Type", "application/json");
        });
        int before = calls();
        String key = key();
        List<Callable<HttpResponse<String>>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            all.add(() -> http.send(chat(key)));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<HttpResponse<String>>> running =
                    all.stream().map(threads::submit).toList();
            upstream.awaitRequests(before + 1);
            gate.open();
            int replayed = 0;
            for (Future<HttpResponse<String>> one : running) {
                HttpResponse<String> answer = one.get(60, TimeUnit.SECONDS);
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo("{\"id\":\"one\"}");
                replayed += answer.headers().firstValue(REPLAYED).isPresent() ? 1 : 0;
            }
            assertThat(replayed).isEqualTo(199);
        }
        assertThat(calls()).isEqualTo(before + 1);
    }

    @Test
    void aRepeatedStreamJoinsTheOneThatRuns() throws IOException {
        Gate gate = slowStream();
        int before = calls();
        String key = key();
        try (InputStream first = started(key);
                InputStream second = started(key)) {
            gate.open();
            String rest = rest(first);
            assertThat(rest).contains("second").contains("[DONE]");
            assertThat(rest(second)).isEqualTo(rest);
        }
        assertThat(calls()).isEqualTo(before + 1);
    }

    @Test
    void theFirstClientMayLeaveWhileAnotherFollows() throws IOException {
        Gate gate = slowStream();
        int before = calls();
        String key = key();
        InputStream first = started(key);
        try (InputStream second = started(key)) {
            first.close();
            gate.open();
            assertThat(rest(second)).contains("second").contains("[DONE]");
        }
        // and it is recorded
        HttpResponse<String> later = http.send(post(CHAT, Http.CHAT_STREAM, key));
        assertThat(header(later, REPLAYED)).isEqualTo("true");
        assertThat(later.body()).contains("first").contains("second").contains("[DONE]");
        assertThat(calls()).isEqualTo(before + 1);
    }

    @Test
    void aFollowerMayLeaveWithoutHarm() throws IOException {
        Gate gate = slowStream();
        String key = key();
        try (InputStream first = started(key)) {
            started(key).close();
            gate.open();
            assertThat(rest(first)).contains("second").contains("[DONE]");
        }
    }

    @Test
    void aClientThatLeavesAloneReleasesItsKey() throws IOException {
        Gate gate = slowStream();
        int before = calls();
        String key = key();
        long left = leavings();
        started(key).close();
        // until the gateway notices, the key is taken
        awaitTrue(() -> leavings() > left);
        gate.open();
        upstream.restore(CHAT);
        HttpResponse<String> again = http.send(post(CHAT, Http.CHAT_STREAM, key));
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.headers().firstValue(REPLAYED)).isEmpty();
        assertThat(calls()).isEqualTo(before + 2);
    }

    @Test
    void refusalsThatLieInTheRequestAreRecordedAndOthersReleaseTheKey() {
        for (int status : new int[] {400, 404, 422}) {
            assertThat(callsOfTwo(Script.answer(status, "{\"error\":{}}"), status))
                    .as("status " + status)
                    .isEqualTo(1);
        }
        for (int status : new int[] {401, 408, 409, 429, 500, 503}) {
            assertThat(callsOfTwo(Script.answer(status, "{\"error\":{}}"), status))
                    .as("status " + status)
                    .isEqualTo(2);
        }
    }

    @Test
    void aRefusalByALimitReleasesTheKey() {
        try (Http other = new Http(appliance.gateway(), appliance.tenantWithKey("limited", upstream.baseUrl()))) {
            String[] limit = "-t limited limit set --scope key --metric requests --per total --amount".split(" ");
            String[] one = java.util.Arrays.copyOf(limit, limit.length + 1);
            one[limit.length] = "1";
            appliance.ctl(one).value();
            assertThat(other.chat().statusCode()).isEqualTo(200);
            String key = key();
            int before = calls();
            assertThat(other.send(other.request(CHAT)
                                    .header("Idempotency-Key", key)
                                    .POST(BodyPublishers.ofString(Http.CHAT)))
                            .statusCode())
                    .isEqualTo(429);
            assertThat(calls()).isEqualTo(before);
            one[limit.length] = "2";
            appliance.ctl(one).value();
            HttpResponse<String> again = other.send(
                    other.request(CHAT).header("Idempotency-Key", key).POST(BodyPublishers.ofString(Http.CHAT)));
            assertThat(again.statusCode()).isEqualTo(200);
            assertThat(again.headers().firstValue(REPLAYED)).isEmpty();
            // what is repeated takes nothing of the limit that is used up now
            HttpResponse<String> replay = other.send(
                    other.request(CHAT).header("Idempotency-Key", key).POST(BodyPublishers.ofString(Http.CHAT)));
            assertThat(replay.statusCode()).isEqualTo(200);
            assertThat(header(replay, REPLAYED)).isEqualTo("true");
            assertThat(calls()).isEqualTo(before + 1);
        }
    }

    @Test
    void anAnswerThatBreaksOffReleasesItsKey() {
        upstream.on(CHAT, Script.rawThenClose("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"));
        String key = key();
        assertThatThrownBy(() -> assertThat(http.send(chat(key)).statusCode()).isEqualTo(200))
                .isNotNull();
        upstream.restore(CHAT);
        HttpResponse<String> again = http.send(chat(key));
        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.headers().firstValue(REPLAYED)).isEmpty();
    }

    @Test
    void aWrongFieldIsRefused() {
        int before = calls();
        assertThat(http.send(chat("k".repeat(255))).statusCode()).isEqualTo(200);
        for (String wrong : new String[] {"k".repeat(256), "k".repeat(10_000), "two words", "tab\tbed"}) {
            HttpResponse<String> answer = http.send(chat(wrong));
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(answer.body()).doesNotContain(wrong);
        }
        assertThat(http.send(chat("a").header("Idempotency-Key", "b")).statusCode())
                .isEqualTo(400);
        assertThat(calls()).isEqualTo(before + 1);
    }

    @Test
    void anAnswerThatIsTooLargeSaysSoAndReleasesItsKey() {
        String large = "{\"x\":\"" + "y".repeat(70_000) + "\"}";
        upstream.on(CHAT, Script.answer(200, large, "Content-Type", "application/json"));
        int before = calls();
        String key = key();
        HttpResponse<String> first = http.send(chat(key));
        assertThat(first.body()).isEqualTo(large);
        assertThat(header(first, "x-llmproxy-idempotency")).isEqualTo("too-large");
        assertThat(http.send(chat(key)).body()).isEqualTo(large);
        assertThat(calls()).isEqualTo(before + 2);
    }

    @Test
    void aStreamThatGrowsTooLargeGoesOnAndReleasesItsKey() {
        upstream.on(CHAT, c -> {
            c.head(200, "Content-Type", "text/event-stream");
            for (int i = 0; i < 80; i++) {
                c.event("\"" + "z".repeat(1000) + "\"");
            }
            c.event("[DONE]");
            c.lastChunk();
        });
        int before = calls();
        String key = key();
        String first = http.send(post(CHAT, Http.CHAT_STREAM, key)).body();
        assertThat(first).hasSizeGreaterThan(80_000).contains("[DONE]");
        assertThat(http.send(post(CHAT, Http.CHAT_STREAM, key)).body()).isEqualTo(first);
        assertThat(calls()).isEqualTo(before + 2);
    }

    @Test
    void aThousandKeysAreAThousandCallsAndAsManyReplays() throws Exception {
        int before = calls();
        List<String> keys = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            keys.add(key());
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(32)) {
            for (boolean again : new boolean[] {false, true}) {
                List<Callable<HttpResponse<String>>> all = new ArrayList<>();
                keys.forEach(k -> all.add(() -> http.send(chat(k))));
                for (Future<HttpResponse<String>> one : threads.invokeAll(all)) {
                    assertThat(one.get().statusCode()).isEqualTo(200);
                    assertThat(one.get().headers().firstValue(REPLAYED).isPresent())
                            .isEqualTo(again);
                }
            }
        }
        assertThat(calls()).isEqualTo(before + 1000);
    }

    @Test
    void afterADayTheRequestRunsAgainAndAClockThatGoesBackChangesNothing() {
        String key = key();
        int before = calls();
        http.send(chat(key));
        appliance.clock().advance(Duration.ofHours(-3));
        assertThat(header(http.send(chat(key)), REPLAYED)).isEqualTo("true");
        appliance.clock().advance(Duration.ofHours(3 + 23));
        assertThat(header(http.send(chat(key)), REPLAYED)).isEqualTo("true");
        appliance.clock().advance(Duration.ofHours(2));
        // what has not been stored yet is given again whatever the clock says
        awaitTrue(() -> http.send(chat(key)).headers().firstValue(REPLAYED).isEmpty());
        assertThat(header(http.send(chat(key)), REPLAYED)).isEqualTo("true");
        assertThat(calls()).isEqualTo(before + 2);
    }

    private int callsOfTwo(Script script, int status) {
        upstream.on(CHAT, script);
        int before = calls();
        String key = key();
        assertThat(http.send(chat(key)).statusCode()).isEqualTo(status);
        assertThat(http.send(chat(key)).statusCode()).isEqualTo(status);
        return calls() - before;
    }

    private long leavings() {
        return appliance
                .ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                .value()
                .lines()
                .filter(line -> line.contains("client_gone"))
                .count();
    }

    private int calls() {
        return upstream.requests().size();
    }

    private static String key() {
        return "key-" + UUID.randomUUID();
    }

    private static String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    private HttpRequest.Builder chat(String key) {
        return post(CHAT, Http.CHAT, key);
    }

    private HttpRequest.Builder post(String path, String json, String key) {
        return post(http, path, json, key);
    }

    private static HttpRequest.Builder post(Http client, String path, String json, String key) {
        return client.request(path)
                .timeout(Duration.ofSeconds(60))
                .header("Content-Type", "application/json")
                .header("Idempotency-Key", key)
                .POST(BodyPublishers.ofString(json));
    }

    private Gate slowStream() {
        Gate gate = new Gate();
        upstream.on(CHAT, c -> {
            c.head(200, "Content-Type", "text/event-stream");
            c.event("{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}");
            gate.await();
            c.event("{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"second\"}}]}");
            c.event("[DONE]");
            c.lastChunk();
        });
        return gate;
    }

    /** A stream whose first event has come. */
    private InputStream started(String key) throws IOException {
        HttpResponse<InputStream> answer = http.open(post(CHAT, Http.CHAT_STREAM, key));
        assertThat(answer.statusCode()).isEqualTo(200);
        InputStream body = Objects.requireNonNull(answer.body());
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf("first") < 0) {
            int b = body.read();
            assertThat(b).isNotNegative();
            seen.append((char) b);
        }
        return body;
    }

    private static String rest(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    private static void awaitTrue(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).isNegative();
            LockSupport.parkNanos(2_000_000);
        }
    }
}
