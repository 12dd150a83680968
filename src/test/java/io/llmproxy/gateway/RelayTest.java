package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.Eventually;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RelayTest {
    private static final String CHAT =
            "{ \"model\" : \"gpt-4o\",\"messages\":[{\"content\":\"h\u00e9\"}], \"unknown\":[1.0] }\n";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
    }

    @Test
    void bodiesGoThroughByteForByteBothWays() {
        String answer = "{\"id\":\"x\",\n \"new\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}";
        fixture.up().answers(r -> Script.json(answer).header("X-Request-Id", "req_up"));
        RecordingSink sink =
                fixture.send(fixture.chat(CHAT).header("X-Request-Id", "mine").header("User-Agent", "ua"));
        assertThat(fixture.up().last().body()).isEqualTo(CHAT);
        assertThat(fixture.up().last().path()).isEqualTo("/chat/completions");
        assertThat(sink.text()).isEqualTo(answer);
        assertThat(sink.status()).isEqualTo(200);
        assertThat(sink.contentLength()).isEqualTo(answer.length());
        UsageRecord record = fixture.record();
        assertThat(record.requestId().toString()).isEqualTo(sink.header("x-request-id"));
        assertThat(record.requestId().version()).isEqualTo(7);
        assertThat(record.clientRequestId()).isEqualTo("mine");
        assertThat(record.upstreamRequestId()).isEqualTo("req_up");
        assertThat(record.tokens()).isEqualTo(TokenUsage.of(3, 4));
        assertThat(record.outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(record.endpoint()).isEqualTo("/v1/chat/completions");
        assertThat(record.requestedModel()).isEqualTo("gpt-4o");
        assertThat(record.provider()).isEqualTo("up");
        assertThat(record.requestBytes()).isEqualTo(CHAT.getBytes(StandardCharsets.UTF_8).length);
        assertThat(record.responseBytes()).isEqualTo(answer.length());
        assertThat(record.attempts()).isEqualTo(1);
        assertThat(record.firstByteMicros()).isNotNegative();
        assertThat(sink.header("x-upstream-request-id")).isEqualTo("req_up");
        assertThat(sink.header("x-llmproxy-provider")).isEqualTo("up");
        assertThat(sink.header("x-llmproxy-model")).isEqualTo("gpt-4o");
        assertThat(sink.header("x-llmproxy-attempts")).isEqualTo("1");
        assertThat(sink.header("x-llmproxy-overhead-us")).matches("\\d+");
        assertThat(sink.header("x-llmproxy-cache")).isEqualTo("bypass");
        assertThat(sink.header("via")).isEqualTo("1.1 llmproxy");
        assertThat(fixture.gateway.lastUse().drain()).containsKey(fixture.key.id());
        assertThat(fixture.gateway.lastUse().drain()).isEmpty();
        assertThat(fixture.counts.running.get()).isZero();
    }

    @Test
    void theRecordIsInTheJournalBeforeTheLastByteOfAnAnswerOfKnownLength() {
        fixture.up().answers(r -> Script.json("{\"a\":1}"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.calls()).containsExactly("head", "write", "append", "write", "end");
        assertThat(sink.text()).isEqualTo("{\"a\":1}");
        assertThat(fixture.record().responseBytes()).isEqualTo(7);
    }

    @Test
    void aStreamIsFlushedPieceByPieceAndAccountedForBeforeItsEnd() {
        fixture.up().answers(r -> Script.events("data: {\"a\":1}\n\n", "data: {\"b\"", ":2}\n\ndata: [DONE]\n\n"));
        RecordingSink sink = fixture.send(
                fixture.chat("{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}"));
        assertThat(sink.calls())
                .containsExactly(
                        "head", "flush", "write", "flush", "write", "flush", "write", "flush", "append", "end");
        assertThat(sink.text()).isEqualTo("data: {\"a\":1}\n\ndata: {\"b\":2}\n\ndata: [DONE]\n\n");
        assertThat(fixture.record().stream()).isTrue();
    }

    @Test
    void aPrefixIsTakenOffTheModelAndNothingElseIsTouched() {
        fixture.send(
                fixture.chat("{\"messages\":[{\"model\":\"up/x\"}],\n\"mod\\u0065l\": \"up/gpt\\\"4\" ,\"z\":1e0}"));
        assertThat(fixture.up().last().body())
                .isEqualTo("{\"messages\":[{\"model\":\"up/x\"}],\n\"mod\\u0065l\": \"gpt\\\"4\" ,\"z\":1e0}");
        assertThat(fixture.record().requestedModel()).isEqualTo("up/gpt\"4");
        assertThat(fixture.record().upstreamModel()).isEqualTo("gpt\"4");
    }

    @Test
    void usageIsAskedForInStreamsAndKeptFromClientsThatDidNot() {
        fixture.up()
                .answers(r -> Script.events(
                        "data: {\"choices\":[{\"d\":1}],\"usage\":null}\n\n",
                        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\ndata: [DO",
                        "NE]\n\n"));
        RecordingSink sink = fixture.send(
                fixture.chat("{\"model\":\"up/m\",\"stream\":true}").header("Accept-Encoding", "gzip"));
        assertThat(fixture.up().last().body())
                .isEqualTo("{\"stream_options\":{\"include_usage\":true},\"model\":\"m\",\"stream\":true}");
        assertThat(fixture.up().last().headers().all("accept-encoding")).containsExactly("identity");
        assertThat(sink.text()).isEqualTo("data: {\"choices\":[{\"d\":1}]}\n\ndata: [DONE]\n\n");
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.of(9, 2));
    }

    @Test
    void theCodingIdentityIsNone() {
        String last = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9}}\n\n";
        fixture.up().answers(r -> Script.events(last, "data: [DONE]\n\n").header("Content-Encoding", "identity"));
        RecordingSink sink = fixture.send(fixture.chat("{\"model\":\"m\",\"stream\":true}"));
        assertThat(sink.text()).isEqualTo("data: [DONE]\n\n");
    }

    @Test
    void mistralIsNotAskedForUsageSinceItRefusesThatAndTellsItUnasked() {
        fixture.addAccount(
                GatewayFixture.account("mi", ProviderKind.MISTRAL, fixture.tenant.id(), List.of("mistral-*")));
        String last = "data: {\"choices\":[{\"d\":1}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2}}\n\n";
        fixture.provider("mi").answers(r -> Script.events(last, "data: [DONE]\n\n"));
        String chat = "{\"model\":\"mistral-small\",\"stream\":true}";
        RecordingSink sink = fixture.send(fixture.chat(chat));
        assertThat(fixture.provider("mi").last().body()).isEqualTo(chat);
        assertThat(sink.text()).isEqualTo(last + "data: [DONE]\n\n");
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.of(9, 2));
    }

    @Test
    void aSlashAtTheEndHidesNothing() {
        fixture.up().answers(r -> Script.events("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9}}\n\n"));
        fixture.send(FakeRequest.post("/v1/chat/completions/", "{\"model\":\"m\",\"stream\":true}")
                .key(fixture.secret));
        assertThat(fixture.up().last().path()).isEqualTo("/chat/completions/");
        assertThat(fixture.up().last().body()).contains("\"include_usage\":true");
        assertThat(fixture.record().endpoint()).isEqualTo("/v1/chat/completions");
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.of(9, 0));
    }

    @Test
    void streamOptionsThatAreThereAreCompleted() {
        fixture.up().answers(r -> Script.events("data: [DONE]\n\n"));
        record Case(String sent, String forwarded) {}
        for (Case c : List.of(
                new Case("{\"x\":1}", "{\"include_usage\":true,\"x\":1}"),
                new Case("{}", "{\"include_usage\":true}"),
                new Case("null", "{\"include_usage\":true}"),
                new Case("{\"include_usage\":false}", "{\"include_usage\":true}"),
                new Case("{\"include_usage\" : true}", "{\"include_usage\" : true}"),
                new Case("{\"include_usage\":1}", "{\"include_usage\":1}"),
                new Case("{\"include_usage\":\"Yes\"}", "{\"include_usage\":\"Yes\"}"),
                new Case("{\"include_usage\":0}", "{\"include_usage\":true}"),
                new Case("{\"include_usage\":null,\"x\":1}", "{\"include_usage\":true,\"x\":1}"),
                new Case("{\"include_usage\":\"False\"}", "{\"include_usage\":true}"),
                new Case("{\"include_usage\":[]}", "{\"include_usage\":[]}"),
                new Case("{\"include_usage\":\"maybe\"}", "{\"include_usage\":\"maybe\"}"),
                new Case("7", "7"))) {
            fixture.send(fixture.chat("{\"model\":\"m\",\"stream\":true,\"stream_options\":" + c.sent + "}"));
            assertThat(fixture.up().last().body())
                    .isEqualTo("{\"model\":\"m\",\"stream\":true,\"stream_options\":" + c.forwarded + "}");
        }
    }

    @Test
    void ofMembersThatStandTwiceTheLastOneCountsAndNoneIsLeftThatSaysNo() {
        String chunk = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9}}\n\n";
        fixture.up().answers(r -> Script.events(chunk, "data: [DONE]\n\n"));
        record Case(String sent, String forwarded, boolean clientSeesUsage) {}
        String yes = "\"stream_options\":{\"include_usage\":true}";
        String no = "\"stream_options\":{\"include_usage\":false}";
        for (Case c : List.of(
                new Case(no + "," + no, yes + "," + yes, false),
                new Case(yes + "," + no, yes + "," + yes, false),
                new Case(no + "," + yes, no + "," + yes, true),
                new Case(yes + ",\"stream_options\":null", yes + "," + yes, false),
                new Case(
                        "\"stream_options\":{\"include_usage\":true,\"include_usage\":false}",
                        "\"stream_options\":{\"include_usage\":true,\"include_usage\":true}",
                        false),
                new Case("\"stream\":false,\"stream\":true," + no, "\"stream\":false,\"stream\":true," + yes, false),
                new Case(
                        "\"stream\\u005foptions\":{\"include\\u005fusage\":false}",
                        "\"stream\\u005foptions\":{\"include\\u005fusage\":true}",
                        false))) {
            RecordingSink sink = fixture.send(fixture.chat("{\"model\":\"m\",\"stream\":true," + c.sent + "}"));
            assertThat(fixture.up().last().body()).isEqualTo("{\"model\":\"m\",\"stream\":true," + c.forwarded + "}");
            assertThat(sink.text()).as(c.sent).isEqualTo((c.clientSeesUsage ? chunk : "") + "data: [DONE]\n\n");
            assertThat(fixture.journal.records.removeLast().tokens()).isEqualTo(TokenUsage.of(9, 0));
        }
    }

    @Test
    void headersThatAreNobodyElsesBusinessDoNotPass() {
        fixture.up()
                .answers(r -> Script.json("{}")
                        .header("Set-Cookie", "a=b")
                        .header("Connection", "close, X-Hop")
                        .header("X-Hop", "1")
                        .header("Keep-Alive", "1")
                        .header("Content-Length", "2")
                        .header("X-RateLimit-Remaining-Requests", "5")
                        .header("openai-organization", "org")
                        .header("x-llmproxy-cache", "hit"));
        FakeRequest request = fixture.chat(CHAT);
        for (String name : List.of("x-api-key", "api-key", "x-goog-api-key")) {
            request.header(name, fixture.secret);
        }
        for (String name : List.of(
                "Host",
                "Content-Length",
                "Expect",
                "Cookie",
                "OpenAI-Organization",
                "OpenAI-Project",
                "Forwarded",
                "X-Forwarded-For",
                "X-Real-IP",
                "X-LLMProxy-Cache",
                "TE",
                "Upgrade",
                "Proxy-Authorization",
                "X-Named",
                "CF-Connecting-IP")) {
            request.header(name, "v");
        }
        request.header("Connection", "x-named").header("X-Own", "kept").header("X-Leak", "k=" + fixture.secret);
        request.header("Idempotency-Key", "i")
                .header("Via", "1.0 other")
                .header("Accept-Encoding", "br, gzip;q=0.5, deflate;q=0");
        RecordingSink sink = fixture.send(request);
        assertThat(fixture.up().last().headers().toString())
                .isEqualTo("[Content-Type, X-Own, Idempotency-Key, Accept-Encoding, Via]");
        assertThat(fixture.up().last().headers().first("via")).contains("1.0 other, 1.1 llmproxy");
        assertThat(fixture.up().last().headers().first("accept-encoding")).contains("gzip");
        assertThat(sink.header("set-cookie")).isNull();
        assertThat(sink.header("x-hop")).isNull();
        assertThat(sink.header("keep-alive")).isNull();
        assertThat(sink.header("content-length")).isNull();
        assertThat(sink.header("x-ratelimit-remaining-requests")).isNull();
        assertThat(sink.header("x-upstream-ratelimit-remaining-requests")).isEqualTo("5");
        assertThat(sink.header("openai-organization")).isEqualTo("org");
        assertThat(sink.headers().all("x-llmproxy-cache")).containsExactly("bypass");
    }

    @Test
    void theQueryGoesOnWithoutAnyKeyOfOurs() {
        fixture.send(FakeRequest.get("/v1/files")
                .key(fixture.secret)
                .query("limit=2&key=" + fixture.secret + "&a=%20&key=theirs&k2=" + fixture.secret + "&"
                        + fixture.secret));
        assertThat(fixture.up().last().request().query()).isEqualTo("limit=2&a=%20&key=theirs");
    }

    @Test
    void aKeyMayStandInTheQueryWhereThatIsAllowed() {
        fixture = new GatewayFixture(
                directory,
                s -> new GatewaySettings(s.maxBody(), s.maxUpload(), 0, true, s.sseKeepAlive(), s.spoolDirectory()));
        RecordingSink sink = fixture.send(FakeRequest.get("/v1/files").query("key=" + fixture.secret));
        assertThat(sink.status()).isEqualTo(200);
        assertThat(fixture.up().last().request().query()).isNull();
    }

    @Test
    void aCodingThatTheClientDidNotAcceptIsDecoded() throws Exception {
        byte[] coded = gzip("{\"usage\":{\"prompt_tokens\":6}}");
        fixture.up()
                .answers(r -> Script.json("").piece(coded).length(coded.length).header("Content-Encoding", "gzip"));
        RecordingSink plain = fixture.send(fixture.chat(CHAT));
        assertThat(plain.text()).isEqualTo("{\"usage\":{\"prompt_tokens\":6}}");
        assertThat(plain.header("content-encoding")).isNull();
        assertThat(plain.contentLength()).isEqualTo(-1);
        RecordingSink accepting = fixture.send(fixture.chat(CHAT).header("Accept-Encoding", "gzip"));
        assertThat(accepting.bytes()).isEqualTo(coded);
        assertThat(accepting.header("content-encoding")).isEqualTo("gzip");
        assertThat(fixture.journal.records).allMatch(r -> r.tokens().equals(TokenUsage.of(6, 0)));
    }

    @Test
    void aCodedAnswerThatBreaksOffIsNoEnd() throws Exception {
        byte[] coded = gzip("{\"a\":\"" + "x".repeat(9000) + "\"}");
        fixture.up()
                .answers(r -> Script.json("")
                        .piece(java.util.Arrays.copyOf(coded, coded.length - 9))
                        .length(-1)
                        .header("Content-Encoding", "gzip"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.refusal()).isEqualTo("502 upstream_error/upstream_unreachable");
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CUT);
    }

    static byte[] gzip(String text) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    @Test
    void aProvidersOwnErrorGoesThroughUnchanged() {
        fixture.up()
                .answers(r -> Script.json("{\"error\":{\"message\":\"slow\"}}")
                        .status(429)
                        .header("Retry-After", "7"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.status()).isEqualTo(429);
        assertThat(sink.text()).isEqualTo("{\"error\":{\"message\":\"slow\"}}");
        assertThat(sink.header("retry-after")).isEqualTo("7");
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(fixture.record().errorCode()).isNull();
    }

    @Test
    void failuresBeforeTheHeadAreToldByStatusAndNameProviderAndModelOnly() {
        record Case(Kind kind, String refusal) {}
        for (Case c : List.of(
                new Case(Kind.CONNECT, "502 upstream_error/upstream_unreachable"),
                new Case(Kind.NO_ANSWER, "502 upstream_error/upstream_unreachable"),
                new Case(Kind.PROTOCOL, "502 upstream_error/upstream_unreachable"),
                new Case(Kind.FORBIDDEN_ADDRESS, "502 upstream_error/upstream_unreachable"),
                new Case(Kind.POOL_EXHAUSTED, "503 overloaded_error/overloaded"),
                new Case(Kind.FIRST_BYTE_TIMEOUT, "504 timeout_error/upstream_timeout"),
                new Case(Kind.TOTAL_TIMEOUT, "504 timeout_error/upstream_timeout"))) {
            fixture.up().answers(r -> new Script().failsBeforeHead(c.kind));
            RecordingSink sink = fixture.send(fixture.chat(CHAT));
            assertThat(sink.refusal()).isEqualTo(c.refusal);
            assertThat(sink.error().message()).contains("`up`", "`gpt-4o`").doesNotContain("secret", "10.0.0.1");
            assertThat(sink.calls()).containsExactly("append", "fail");
            assertThat(sink.header("x-request-id")).isNotNull();
            assertThat(fixture.journal.records.removeLast().outcome()).isEqualTo(Outcome.FAILED);
        }
    }

    @Test
    void anAnswerThatBreaksOffIsNeverPassedOffAsAnEnd() {
        fixture.up().answers(r -> Script.events("data: {\"a\":1}\n\n").failsAtEnd(Kind.TRUNCATED));
        RecordingSink sink = fixture.send(fixture.chat("{\"model\":\"m\",\"stream\":true}"));
        assertThat(sink.calls()).endsWith("append", "fail").doesNotContain("end");
        assertThat(sink.refusal()).isEqualTo("502 upstream_error/upstream_unreachable");
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CUT);
        assertThat(fixture.record().status()).isEqualTo(200);
        assertThat(fixture.record().errorCode()).isEqualTo("upstream_unreachable");
    }

    @Test
    void theHeadOfAStreamGoesOutBeforeItsFirstEvent() throws InterruptedException {
        fixture.up().answers(r -> Script.events().hangsAtEnd());
        FakeRequest request = fixture.chat(CHAT);
        RecordingSink sink = new RecordingSink();
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request, sink));
        sink.awaitHead();
        request.leave();
        assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        assertThat(sink.calls()).containsExactly("head", "flush", "append");
        assertThat(fixture.record().status()).isEqualTo(200);
    }

    @Test
    void theRecordSaysWhatTheClientGotWhereAHeadGaveWayToAnError() {
        fixture.up().answers(r -> Script.json("{\"a\":1}").failsAtEnd(Kind.TRUNCATED));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.status()).isEqualTo(502);
        assertThat(fixture.record().status()).isEqualTo(502);
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.FAILED);
    }

    @Test
    void aClientThatLeavesWhileTheProviderIsSilentCancelsTheCall() throws InterruptedException {
        fixture.up().answers(r -> Script.events("data: 1\n\n").hangsAtEnd());
        FakeRequest request = fixture.chat(CHAT);
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request));
        request.leave();
        assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        assertThat(fixture.up().cancelled()).isEqualTo(1);
        assertThat(fixture.up().closed()).isEqualTo(1);
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CLIENT_GONE);
    }

    @Test
    void aClientThatDoesNotTakeAKeepAliveCommentIsGone() {
        fixture = new GatewayFixture(
                directory,
                s -> new GatewaySettings(
                        s.maxBody(), s.maxUpload(), 0, false, Duration.ofMillis(100), s.spoolDirectory()));
        fixture.up().answers(r -> Script.events("data: 1\n\n").hangsAtEnd());
        RecordingSink sink = fixture.send(fixture.chat(CHAT), new RecordingSink().failingAtWrite(1));
        assertThat(sink.text()).isEqualTo("data: 1\n\n");
        assertThat(fixture.up().cancelled()).isEqualTo(1);
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CLIENT_GONE);
    }

    @Test
    void aClientThatLeavesBeforeTheHeadIsAccountedForWith499() throws InterruptedException {
        fixture.up().answers(r -> new Script().hangsBeforeHead());
        FakeRequest request = fixture.chat(CHAT);
        RecordingSink sink = new RecordingSink();
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request, sink));
        request.leave();
        assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        assertThat(fixture.record().status()).isEqualTo(499);
        assertThat(sink.calls()).containsExactly("append");
        assertThat(request.stillWatched()).isFalse();
    }

    @Test
    void aClientThatDoesNotTakeWhatIsWrittenIsGone() {
        fixture.up().answers(r -> Script.events("data: 1\n\n", "data: 2\n\n", "data: 3\n\n"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT), new RecordingSink().failingAtWrite(1));
        assertThat(sink.calls()).containsExactly("head", "flush", "write", "flush", "append");
        assertThat(fixture.up().closed()).isEqualTo(1);
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CLIENT_GONE);
    }

    @Test
    void aClientThatLeavesAfterDoneHasNotGoneTooEarly() throws InterruptedException {
        fixture.up().answers(r -> Script.events("data: 1\n\ndata: [DONE]\n\n").hangsAtEnd());
        FakeRequest request = fixture.chat("{\"model\":\"m\",\"stream\":true}");
        RecordingSink sink = new RecordingSink();
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request, sink));
        // head, flush, write, flush
        Eventually.holds("the end has reached the client", () -> sink.calls().size() >= 4);
        request.leave();
        assertThat(serving.join(Duration.ofSeconds(10))).isTrue();
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.COMPLETED);
    }

    @Test
    void aHeadRequestAndABodilessStatusHaveNoBody() {
        fixture.up().answers(r -> Script.json("never").length(5));
        RecordingSink sink = fixture.send(new FakeRequest("HEAD", "/v1/files/f-1").key(fixture.secret));
        assertThat(sink.calls()).containsExactly("head", "append", "end");
        assertThat(sink.contentLength()).isEqualTo(5);
        assertThat(fixture.record().endpoint()).isEqualTo("/v1/files/{id}");
    }

    @Test
    void aPostWithoutBodyTellsALengthAndAGetDoesNot() {
        fixture.send(new FakeRequest("POST", "/v1/batches/b/cancel")
                .key(fixture.secret)
                .header("Content-Type", "application/json"));
        assertThat(fixture.up().last().request().body().absent()).isFalse();
        fixture.send(FakeRequest.get("/v1/batches").key(fixture.secret));
        assertThat(fixture.up().last().request().body().absent()).isTrue();
    }

    @Test
    void anUploadIsSpooledToDiskItsModelReplacedAndTheFileDeleted() throws Exception {
        String head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n";
        String body = head + "x".repeat(1_500_000)
                + "\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nup/whisper-1\r\n--b--\r\n";
        List<Integer> files = new java.util.ArrayList<>();
        fixture.up().answers(r -> {
            files.add(directory.toFile().list().length);
            return Script.json("{}");
        });
        RecordingSink sink = fixture.send(new FakeRequest("POST", "/v1/audio/transcriptions")
                .key(fixture.secret)
                .header("Content-Type", "multipart/form-data; boundary=\"b\"")
                .body(body.getBytes(StandardCharsets.UTF_8))
                .chunked());
        assertThat(sink.status()).isEqualTo(200);
        assertThat(fixture.up().last().body()).isEqualTo(body.replace("up/whisper-1", "whisper-1"));
        assertThat(files).containsExactly(1);
        try (var left = Files.list(directory)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aBinaryBodyPassesAsItIs() {
        fixture.send(new FakeRequest("PUT", "/v1/anything/else")
                .key(fixture.secret)
                .header("Content-Type", "application/octet-stream")
                .body(new byte[] {'{', 1, 2}));
        assertThat(fixture.up().last().body()).isEqualTo("{\u0001\u0002");
        assertThat(fixture.record().endpoint()).isEqualTo("/v1/*");
    }

    @Test
    void passThroughForwardsThePathAsItIsAndMetersTheAnswer() {
        fixture.scope(GatewayFixture.scope(List.of(), Set.of(), true));
        fixture.up().answers(r -> Script.json("{\"usage\":{\"input_tokens\":2,\"output_tokens\":1}}"));
        fixture.send(FakeRequest.post("/p/up/v2/any%20thing", "{\"model\":\"m\"}")
                .key(fixture.secret)
                .query("a=b"));
        assertThat(fixture.up().last().path()).isEqualTo("/v2/any%20thing");
        assertThat(fixture.up().last().request().passthrough()).isTrue();
        assertThat(fixture.up().last().request().query()).isEqualTo("a=b");
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.of(2, 1));
        assertThat(fixture.record().endpoint()).isEqualTo("/p/{provider}/*");
        assertThat(fixture.record().requestedModel()).isEqualTo("m");
    }

    @Test
    void aStreamThatPassesThroughIsMeteredLikeOthers() {
        fixture.scope(GatewayFixture.scope(List.of(), Set.of(), true));
        fixture.up()
                .answers(r -> Script.events(
                        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9}}\n\n", "data: [DONE]\n\n"));
        RecordingSink sink = fixture.send(
                FakeRequest.post("/p/up/chat/completions", "{\"stream\":true}").key(fixture.secret));
        assertThat(fixture.up().last().body())
                .isEqualTo("{\"stream_options\":{\"include_usage\":true},\"stream\":true}");
        assertThat(sink.text()).isEqualTo("data: [DONE]\n\n");
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.of(9, 0));
    }

    @Test
    void aModelInThePathLosesItsPrefix() {
        fixture.send(FakeRequest.get("/v1/models/up/meta/llama 3".replace(" ", "%203"))
                .key(fixture.secret));
        assertThat(fixture.up().last().path()).isEqualTo("/models/meta/llama%203" + "3");
        fixture.send(FakeRequest.get("/v1/models/ft:gpt%2d4").key(fixture.secret));
        assertThat(fixture.up().last().path()).isEqualTo("/models/ft:gpt%2d4");
    }

    @Test
    void storedAnswersAreNotCountedAgain() {
        fixture.up().answers(r -> Script.json("{\"usage\":{\"input_tokens\":2,\"output_tokens\":1}}"));
        fixture.send(FakeRequest.get("/v1/responses/resp_1").key(fixture.secret));
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.NONE);
    }
}
