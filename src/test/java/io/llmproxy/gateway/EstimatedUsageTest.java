package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.Eventually;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The fixture's tokenizer takes every word for a token. */
class EstimatedUsageTest {
    /** Three words, with what a message and a reply cost: ten tokens. */
    private static final String CHAT =
            "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"one two three\"}]}";

    private static final String TWO_WORDS = "data: {\"choices\":[{\"delta\":{\"content\":\"four five \"}}]}\n\n";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
    }

    @Test
    void aStreamWithoutUsageIsCountedBeforeItsEnd() {
        fixture.up().answers(r -> Script.events(TWO_WORDS, TWO_WORDS, "data: [DONE]\n\n"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.calls()).endsWith("append", "end");
        assertThat(sink.text()).isEqualTo(TWO_WORDS + TWO_WORDS + "data: [DONE]\n\n");
        assertThat(fixture.record().tokens()).isEqualTo(estimated(10, 4));
    }

    @Test
    void anAnswerInOnePieceWithoutUsageIsCountedBeforeItsLastByte() {
        fixture.up()
                .answers(
                        r -> Script.json("{\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"a b\"}}]}"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.calls()).containsExactly("head", "write", "append", "write", "end");
        assertThat(fixture.record().tokens()).isEqualTo(estimated(10, 2));
    }

    @Test
    void aStreamThatBreaksOffCountsWhatWasDelivered() {
        fixture.up()
                .answers(r -> Script.events(TWO_WORDS, "data: {\"choices\":[{\"delta\":{\"content\":\"six se")
                        .failsAtEnd(Kind.TRUNCATED));
        fixture.send(fixture.chat(CHAT));
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CUT);
        assertThat(fixture.record().tokens()).isEqualTo(estimated(10, 4));
    }

    @Test
    void aClientThatLeavesHasWhatWasDeliveredCounted() throws InterruptedException {
        fixture.up().answers(r -> Script.events(TWO_WORDS).hangsAtEnd());
        FakeRequest request = fixture.chat(CHAT);
        RecordingSink sink = new RecordingSink();
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request, sink));
        Eventually.holds("bytes have reached the client", () -> sink.bytesWritten() > 0);
        request.leave();
        assertThat(serving.join(Duration.ofSeconds(30))).isTrue();
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CLIENT_GONE);
        assertThat(fixture.record().tokens()).isEqualTo(estimated(10, 2));
    }

    @Test
    void aClientThatLeavesBeforeTheAnswerHasWhatWasSentCounted() throws InterruptedException {
        WaitingRequest.begin(fixture, fixture.chat(CHAT)).leave();
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CLIENT_GONE);
        assertThat(fixture.record().tokens()).isEqualTo(estimated(10, 0));
        assertThat(fixture.record().cost()).isNotEqualTo(Cost.NOTHING);
    }

    @Test
    void aClientThatLeavesWhileAnErrorComesIsCountedNothing() throws InterruptedException {
        fixture.up().answers(r -> Script.events("{\"error\":{}}").status(500).hangsAtEnd());
        FakeRequest request = fixture.chat(CHAT);
        RecordingSink sink = new RecordingSink();
        Thread serving = Thread.ofVirtual().start(() -> fixture.send(request, sink));
        for (long end = System.nanoTime() + Duration.ofSeconds(30).toNanos(); sink.bytesWritten() == 0; ) {
            assertThat(System.nanoTime() - end).as("nothing came").isNegative();
            Thread.onSpinWait();
        }
        request.leave();
        assertThat(serving.join(Duration.ofSeconds(30))).isTrue();
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.NONE);
    }

    @Test
    void whatTheProviderToldBeforeAStreamBrokeOffIsBelieved() {
        fixture.up()
                .answers(r -> Script.events(
                                TWO_WORDS,
                                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\n")
                        .failsAtEnd(Kind.TRUNCATED));
        fixture.send(fixture.chat(CHAT));
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.of(7, 3));
    }

    @Test
    void aRequestThatGotNoAnswerCostsNothing() {
        fixture.up().answers(r -> new Script().failsBeforeHead(Kind.NO_ANSWER));
        fixture.send(fixture.chat(CHAT));
        assertThat(fixture.record().tokens()).isEqualTo(TokenUsage.NONE);
    }

    @Test
    void aProvidersRefusalCostsNothing() {
        for (int status : List.of(400, 429, 500, 302)) {
            fixture.up()
                    .answers(
                            r -> Script.json("{\"error\":{\"message\":\"no\"}}").status(status));
            fixture.send(fixture.chat(CHAT));
            assertThat(fixture.journal.records.removeLast().tokens())
                    .as("status " + status)
                    .isEqualTo(TokenUsage.NONE);
        }
    }

    @Test
    void whatIsNotCountedByItsTextIsNotEstimated() {
        fixture.up().answers(r -> Script.json("{\"text\":\"a b c\",\"usage\":{\"type\":\"duration\",\"seconds\":3}}"));
        for (String path : List.of("/v1/moderations", "/v1/images/generations", "/v1/audio/speech", "/v1/anything")) {
            fixture.send(FakeRequest.post(path, "{\"model\":\"m\",\"input\":\"a b\"}")
                    .key(fixture.secret));
            assertThat(fixture.journal.records.removeLast().tokens()).as(path).isEqualTo(TokenUsage.NONE);
        }
    }

    @Test
    void embeddingsResponsesAndCompletionsAreCountedInTheirOwnShape() {
        record Case(String path, String body, String answer, TokenUsage usage) {}
        for (Case c : List.of(
                new Case(
                        "/v1/embeddings",
                        "{\"model\":\"m\",\"input\":[\"a b\",\"c\"]}",
                        "{\"data\":[]}",
                        estimated(3, 0)),
                new Case(
                        "/v1/responses",
                        "{\"model\":\"m\",\"input\":\"a b\"}",
                        "{\"output\":[{\"content\":[{\"text\":\"c d e\"}]}]}",
                        estimated(9, 3)),
                new Case(
                        "/v1/completions",
                        "{\"model\":\"m\",\"prompt\":\"a b\"}",
                        "{\"choices\":[{\"text\":\"c\"}]}",
                        estimated(2, 1)))) {
            fixture.up().answers(r -> Script.json(c.answer));
            fixture.send(FakeRequest.post(c.path, c.body).key(fixture.secret));
            assertThat(fixture.journal.records.removeLast().tokens()).as(c.path).isEqualTo(c.usage);
        }
    }

    @Test
    void whatPassesThroughIsCountedLikeOthers() {
        fixture.scope(GatewayFixture.scope(List.of(), Set.of(), true));
        fixture.up().answers(r -> Script.events(TWO_WORDS));
        fixture.send(FakeRequest.post("/p/up/v1/chat/completions", CHAT).key(fixture.secret));
        assertThat(fixture.record().tokens()).isEqualTo(estimated(10, 2));
    }

    @Test
    void aCodedAnswerIsCountedByItsText() throws Exception {
        byte[] coded = RelayTest.gzip("{\"choices\":[{\"message\":{\"content\":\"a b\"}}]}");
        fixture.up()
                .answers(r -> Script.json("").piece(coded).length(coded.length).header("Content-Encoding", "gzip"));
        fixture.send(fixture.chat(CHAT.replace("true", "false")).header("Accept-Encoding", "gzip"));
        UsageRecord record = fixture.record();
        assertThat(record.tokens()).isEqualTo(estimated(10, 2));
        assertThat(record.responseBytes()).isEqualTo(coded.length);
    }

    private static TokenUsage estimated(long input, long output) {
        return new TokenUsage(input, output, 0, 0, 0, 0, 0, TokenUsage.Source.ESTIMATED);
    }
}
