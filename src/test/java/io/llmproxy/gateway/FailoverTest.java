package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.gateway.resilience.ResilienceRules;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A model that two providers declare: where the first fails, the second serves, as long as the client has seen nothing. */
class FailoverTest {
    private static final String ASK = "{\"model\":\"m\",\"messages\":[]}";
    private static final String STREAM =
            "{\"model\":\"m\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}";
    private static final String ROLE =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
    private static final String WORD =
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";
    private static final String DONE = "data: [DONE]\n\n";
    private static final String GOOD = "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addProvider("a", "m");
        fixture.addProvider("b", "m");
        b().answers(r -> Script.json(GOOD));
    }

    private ScriptedProvider a() {
        return fixture.provider("a");
    }

    private ScriptedProvider b() {
        return fixture.provider("b");
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504, 529})
    void aFailingHeadIsFollowedByTheOtherProvider(int status) {
        a().answers(r -> Script.json("{\"error\":1}").status(status));

        RecordingSink sink = fixture.send(fixture.chat(ASK));

        assertThat(sink.status()).isEqualTo(200);
        assertThat(sink.text()).isEqualTo(GOOD);
        assertThat(sink.header("x-llmproxy-provider")).isEqualTo("b");
        assertThat(sink.header("x-llmproxy-attempts")).isEqualTo("2");
        assertThat(fixture.record().attempts()).isEqualTo(2);
        assertThat(fixture.record().provider()).isEqualTo("b");
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.COMPLETED);
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.of(3, 4));
        Attempt failed = fixture.record().failed().getFirst();
        assertThat(fixture.record().failed()).hasSize(1);
        assertThat(failed.provider()).isEqualTo("a");
        assertThat(failed.model()).isEqualTo("m");
        assertThat(failed.status()).isEqualTo(status);
        assertThat(failed.reason()).isEqualTo("status");
        assertThat(a().closed()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 413, 422})
    void whatTheClientDidWrongIsToldAtOnce(int status) {
        a().answers(r -> Script.json("{\"error\":1}").status(status));

        RecordingSink sink = fixture.send(fixture.chat(ASK));

        assertThat(sink.status()).isEqualTo(status);
        assertThat(b().asked()).isEmpty();
        assertThat(fixture.record().failed()).isEmpty();
    }

    @Test
    void theLastTargetsErrorGoesToTheClientAsItIs() {
        a().answers(r -> Script.json("{\"error\":\"a\"}").status(500));
        b().answers(r -> Script.json("{\"error\":\"b\"}").status(429).header("Retry-After", "1"));

        RecordingSink sink = fixture.send(fixture.chat(ASK));

        assertThat(sink.status()).isEqualTo(429);
        assertThat(sink.text()).isEqualTo("{\"error\":\"b\"}");
        assertThat(sink.header("x-llmproxy-attempts")).isEqualTo("2");
        assertThat(a().asked()).hasSize(1);
        assertThat(b().asked()).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(names = {"CONNECT", "NO_ANSWER", "PROTOCOL", "POOL_EXHAUSTED", "TRUNCATED"})
    void aConnectionThatComesToNothingIsFollowedByTheOtherProvider(Kind kind) {
        a().answers(r -> Script.json("{}").failsBeforeHead(kind));

        RecordingSink sink = fixture.send(fixture.chat(ASK));

        assertThat(sink.status()).isEqualTo(200);
        assertThat(fixture.record().failed().getFirst().status()).isZero();
        assertThat(fixture.record().provider()).isEqualTo("b");
    }

    @ParameterizedTest
    @EnumSource(names = {"FIRST_BYTE_TIMEOUT", "IDLE_TIMEOUT", "TOTAL_TIMEOUT"})
    void aProviderThatMayHaveBilledTheRequestIsNotFollowed(Kind kind) {
        a().answers(r -> Script.json("{}").failsBeforeHead(kind));

        RecordingSink sink = fixture.send(fixture.chat(ASK));

        assertThat(sink.refusal()).isEqualTo("504 timeout_error/upstream_timeout");
        assertThat(b().asked()).isEmpty();
    }

    @Test
    void aStreamThatFailsBeforeItsFirstContentIsFollowed() {
        a().answers(r -> Script.events(ROLE).failsAtEnd(Kind.TRUNCATED));
        b().answers(r -> Script.events(ROLE, WORD, DONE));

        RecordingSink sink = fixture.send(fixture.chat(STREAM));

        assertThat(sink.text()).isEqualTo(ROLE + WORD + DONE);
        assertThat(sink.failed()).isFalse();
        assertThat(fixture.record().failed()).extracting(Attempt::reason).containsExactly("truncated");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: {\"error\":{\"message\":\"overloaded\"}}\n\n",
                "event: error\ndata: {\"type\": \"error\", \"error\":{\"type\":\"overloaded_error\"}}\n\n",
                """
                event: message_start
                data: {"type":"message_start","message":{}}

                event: error
                data: {"type":"error","error":{}}

                """
            })
    void anErrorInsideAGoodHeadIsFollowed(String events) {
        a().answers(r -> Script.events(events).hangsAtEnd());
        b().answers(r -> Script.events(WORD, DONE));

        RecordingSink sink = fixture.send(fixture.chat(STREAM));

        assertThat(sink.text()).isEqualTo(WORD + DONE);
        assertThat(fixture.record().failed()).extracting(Attempt::reason).containsExactly("stream-error");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                // what | type | body
                "unreadable|text/html|<html>Down for maintenance</html>",
                "unreadable|text/html; charset=utf-8|{}",
                "unreadable|application/json|<html>Down for maintenance</html>",
                "unreadable|text/plain|upstream connect error",
                "empty|application/json|~~",
                "empty|text/event-stream|~~",
                "empty|text/event-stream|{\"error\":{\"message\":\"no event\"}}",
                "stream-error|application/x-ndjson|{\"error\":\"model runner has stopped\"}",
                "stream-error|application/json|[{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}]",
                "stream-error|application/json|{\"id\":\"x\",\"error\":{\"code\":502},\"choices\":[]}",
            })
    void aGoodHeadWithNoAnswerBehindItIsFollowed(String reason, String type, String body) {
        a().answers(r -> new Script().header("Content-Type", type).piece(body));

        for (String ask : List.of(ASK, STREAM)) {
            RecordingSink sink = fixture.send(fixture.chat(ask));

            assertThat(sink.text()).isEqualTo(GOOD);
            assertThat(sink.header("x-llmproxy-attempts")).isEqualTo("2");
        }
        assertThat(fixture.journal.records)
                .flatExtracting(UsageRecord::failed)
                .extracting(Attempt::reason)
                .containsExactly(reason, reason);
    }

    @Test
    void aStatusThatHasNoBodyIsNoAnswerEither() {
        a().answers(r -> new Script().status(204));

        assertThat(fixture.send(fixture.chat(ASK)).text()).isEqualTo(GOOD);
        assertThat(fixture.record().failed()).extracting(Attempt::reason).containsExactly("empty");
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    /** As OpenRouter tells it: the error is not the first member. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anErrorAmongOtherMembersIsFollowedInACodedStreamToo(boolean coded) throws IOException {
        String event = "data: {\"id\":\"x\",\"model\":\"m\",\"error\":{\"code\":\"server_error\"},\"choices\":"
                + "[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n";
        byte[] bytes = coded ? gzip(event) : event.getBytes(StandardCharsets.UTF_8);
        a().answers(r -> {
            Script script = Script.events().piece(bytes).hangsAtEnd();
            return coded ? script.header("Content-Encoding", "gzip") : script;
        });
        b().answers(r -> Script.events(WORD, DONE));

        RecordingSink sink = fixture.send(fixture.chat(STREAM).header("Accept-Encoding", "gzip"));

        assertThat(sink.text()).isEqualTo(WORD + DONE);
        assertThat(fixture.record().failed()).extracting(Attempt::reason).containsExactly("stream-error");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json|{\"object\":\"response\",\"error\":null,\"output\":[]}",
                "application/json; charset=utf-8|  {\"choices\":[{\"message\":{\"content\":\"{\\\"error\\\":1}\"}}]}",
                "application/x-ndjson|{\"message\":{\"content\":\"error\"}}",
                "text/plain|{\"choices\":[]}",
                "application/json|{\"error\":{\"type\":\"invalid_request_error\"}}",
            })
    void whatIsAnAnswerGoesToTheClientByteForByte(String type, String body) {
        a().answers(r -> new Script().header("Content-Type", type).piece(body));

        assertThat(fixture.send(fixture.chat(ASK)).text()).isEqualTo(body);
        assertThat(b().asked()).isEmpty();
    }

    @Test
    void theLastTargetsAnswerGoesToTheClientWhateverItIs() {
        a().answers(r -> Script.json("{}").status(503));
        b().answers(r -> new Script().header("Content-Type", "text/html").piece("<html>"));

        RecordingSink sink = fixture.send(fixture.chat(ASK));

        assertThat(sink.status()).isEqualTo(200);
        assertThat(sink.text()).isEqualTo("<html>");
    }

    /** Speech is no JSON, and another endpoint may have nothing to say. */
    @Test
    void onlyEndpointsThatAnswerJsonAreHeldToIt() {
        a().answers(r -> new Script().header("Content-Type", "audio/mpeg").piece("ID3"));
        FakeRequest speech = FakeRequest.post("/v1/audio/speech", ASK).key(fixture.secret);

        assertThat(fixture.send(speech).text()).isEqualTo("ID3");
        assertThat(b().asked()).isEmpty();
    }

    @Test
    void anErrorOfTheRequestInsideAStreamIsTheClients() {
        String event = "data: {\"error\":{\"type\":\"invalid_request_error\"}}\n\n";
        a().answers(r -> Script.events(event));

        assertThat(fixture.send(fixture.chat(STREAM)).text()).isEqualTo(event);
        assertThat(b().asked()).isEmpty();
    }

    @Test
    void onceTheClientSawContentAFailureBreaksTheAnswerOff() {
        a().answers(r -> Script.events(ROLE, WORD).failsAtEnd(Kind.TRUNCATED));

        RecordingSink sink = fixture.send(fixture.chat(STREAM));

        assertThat(sink.text()).isEqualTo(ROLE + WORD);
        assertThat(sink.failed()).isTrue();
        assertThat(b().asked()).isEmpty();
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CUT);
        assertThat(fixture.record().failed()).isEmpty();
    }

    @Test
    void aHeadIsHeldASecondAtMost() throws InterruptedException {
        a().answers(r -> Script.events(ROLE).hangsAtEnd());
        RecordingSink sink = new RecordingSink();
        Thread request = Thread.ofVirtual().start(() -> fixture.send(fixture.chat(STREAM), sink));

        sink.awaitHead();

        assertThat(request.isAlive()).isTrue();
        assertThat(sink.status()).isEqualTo(200);
        fixture.gateway.inFlight().cutAll(new ProxyError.Internal("test"));
        request.join();
        assertThat(sink.text()).isEqualTo(ROLE);
        assertThat(b().asked()).isEmpty();
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CUT);
    }

    @Test
    void theLastTargetsHeadIsNotHeld() throws InterruptedException {
        a().answers(r -> Script.json("{}").status(503));
        b().answers(r -> Script.events(ROLE).hangsAtEnd());
        RecordingSink sink = new RecordingSink();
        Thread request = Thread.ofVirtual().start(() -> fixture.send(fixture.chat(STREAM), sink));

        sink.awaitHead();

        fixture.gateway.inFlight().cutAll(new ProxyError.Internal("test"));
        request.join();
        assertThat(sink.calls().subList(0, 2)).containsExactly("head", "flush");
    }

    @Test
    void keysThatMayNotUseAProviderAreNotSentThere() {
        fixture.scope(new KeyScope(List.of(), Set.of("b"), List.of(), false, Map.of()));

        assertThat(fixture.send(fixture.chat(ASK)).header("x-llmproxy-provider"))
                .isEqualTo("b");

        assertThat(a().asked()).isEmpty();
    }

    @Test
    void aKeyThatMayUseNeitherIsRefused() {
        fixture.scope(new KeyScope(List.of(), Set.of("up"), List.of(), false, Map.of()));

        assertThat(fixture.send(fixture.chat(ASK)).refusal()).isEqualTo("403 permission_error/provider_not_allowed");
    }

    @Test
    void aProviderThatIsNamedIsTheOnlyTarget() {
        a().answers(r -> Script.json("{}").status(503));

        assertThat(fixture.send(fixture.chat("{\"model\":\"a/m\"}")).status()).isEqualTo(503);

        assertThat(b().asked()).isEmpty();
    }

    @Test
    void aProviderThatIsNotReadyIsPassedOver() {
        a().fault("credential env:X is not set");

        RecordingSink sink = fixture.send(fixture.chat(ASK));

        assertThat(sink.header("x-llmproxy-provider")).isEqualTo("b");
        assertThat(sink.header("x-llmproxy-attempts")).isEqualTo("1");
    }

    @Test
    void whereNoneCanBeCalledTheClientIsToldOfEach() {
        a().fault("x");
        b().fault("x");

        RecordingSink sink = fixture.send(fixture.chat(ASK));

        assertThat(sink.refusal()).isEqualTo("503 overloaded_error/overloaded");
        assertThat(sink.error().message()).contains("`a`", "`b`", "not ready");
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.REFUSED);
    }

    @Test
    void aLessSpecificDeclarationServesWhereTheBetterFails() {
        fixture.addProvider("wide", "x-*");
        fixture.addProvider("narrow", "x-1");
        fixture.provider("narrow").answers(r -> Script.json("{}").status(500));

        RecordingSink sink = fixture.send(fixture.chat("{\"model\":\"x-1\"}"));

        assertThat(fixture.provider("narrow").asked()).hasSize(1);
        assertThat(sink.header("x-llmproxy-provider")).isEqualTo("wide");
    }

    @Test
    void theBodyIsSentAgainAsItCame() {
        a().answers(r -> Script.json("{}").status(503));
        String body = "{ \"model\":\"m\", \"text\":\"" + "x".repeat(40_000) + "\" }";

        fixture.send(fixture.chat(body));

        assertThat(a().last().body()).isEqualTo(body);
        assertThat(b().last().body()).isEqualTo(body);
    }

    @Test
    void aClientThatLeavesIsNotServedByAnotherTarget() throws InterruptedException {
        a().answers(r -> Script.json("{}").hangsBeforeHead());
        FakeRequest request = fixture.chat(ASK);
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request));

        request.leave();
        serving.join();

        assertThat(b().asked()).isEmpty();
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CLIENT_GONE);
    }

    @Test
    void theBreakerOpensAndTheOtherServesWithoutATry() {
        a().answers(r -> Script.json("{}").status(503));
        for (int i = 0; i < 20; i++) {
            assertThat(fixture.send(fixture.chat(ASK)).status()).isEqualTo(200);
        }

        assertThat(a().asked()).hasSize(10);
        assertThat(b().asked()).hasSize(20);
    }

    @Test
    void theOnlyTargetsOpenBreakerIsToldAtOnce() {
        a().answers(r -> Script.json("{}").failsBeforeHead(Kind.CONNECT));
        RecordingSink last = new RecordingSink();
        for (int i = 0; i < 11; i++) {
            last = fixture.send(fixture.chat("{\"model\":\"a/m\"}"));
        }

        assertThat(a().asked()).hasSize(10);
        assertThat(last.refusal()).isEqualTo("503 overloaded_error/overloaded");
        assertThat(last.error().message()).contains("Provider `a` (model `m`)", "failed too often");
        assertThat(last.error().retryAfter()).isNotNull();
        assertThat(fixture.send(fixture.chat("{\"model\":\"a/other\"}")).refusal())
                .as("another model of it")
                .startsWith("502");
    }

    @Test
    void whatIsBeyondTheBulkheadGoesToTheOtherProvider() throws InterruptedException {
        fixture = new GatewayFixture(
                directory,
                s -> new GatewaySettings(
                        s.maxBody(),
                        s.maxUpload(),
                        s.bodyMemory(),
                        s.queryKey(),
                        s.sseKeepAlive(),
                        s.spoolDirectory(),
                        s.pricing(),
                        new ResilienceRules(10, Duration.ofSeconds(5), 20, 3, null, 1)));
        fixture.addProvider("a", "m");
        fixture.addProvider("b", "m");
        a().answers(r -> Script.json("{}").hangsBeforeHead());
        FakeRequest first = fixture.chat(ASK);
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(first));
        first.awaitWatch();

        assertThat(fixture.send(fixture.chat(ASK)).header("x-llmproxy-provider"))
                .isEqualTo("b");
        assertThat(fixture.send(fixture.chat("{\"model\":\"a/m\"}")).refusal())
                .isEqualTo("503 overloaded_error/overloaded");

        first.leave();
        serving.join();
        a().answers(r -> Script.json("{}"));
        assertThat(fixture.send(fixture.chat(ASK)).header("x-llmproxy-provider"))
                .isEqualTo("a");
    }
}
