package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import io.llmproxy.domain.usage.Rates;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException.Kind;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** By the fixture's catalogue gpt-4o costs 2.5 and 10 USD for a million tokens, 1.25 from the cache. */
class CostTest {
    private static final String CHAT = "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String USAGE =
            "\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":100,\"prompt_tokens_details\":{\"cached_tokens\":400}}";
    private static final String ANSWER = "{\"choices\":[]," + USAGE + "}";
    /** 600 * 2.5 + 400 * 1.25 + 100 * 10 for a million. */
    private static final String USD = "0.003";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.up().answers(r -> Script.json(ANSWER));
    }

    private GatewayFixture with(boolean deny, boolean header) {
        GatewayFixture made = new GatewayFixture(
                directory,
                s -> new GatewaySettings(
                        s.maxBody(),
                        s.maxUpload(),
                        0,
                        false,
                        s.sseKeepAlive(),
                        s.spoolDirectory(),
                        new PricingRules(deny, header)));
        made.up().answers(r -> Script.json(ANSWER));
        return made;
    }

    private static String chat(String model) {
        return CHAT.replace("gpt-4o", model);
    }

    private void price(@Nullable UUID tenant, String model, Instant from, long picos) {
        fixture.price(new PriceOverlay(
                Ids.next(from),
                tenant,
                false,
                new PriceRow(
                        new PriceScope(null, null, new Glob(model)),
                        from,
                        new Rates(picos, picos, -1, -1, -1, -1, -1, -1),
                        0,
                        0),
                from));
    }

    @Test
    void aRecordHasItsCostAndThePriceThatWasUsed() {
        fixture.send(fixture.chat(CHAT));
        assertThat(fixture.record().cost())
                .isEqualTo(new Cost(3_000_000, Cost.State.PRICED, "catalogue:custom:gpt-4o@2024-05-13"));
    }

    @Test
    void aStreamThatBreaksOffCostsWhatWasCounted() {
        fixture.up()
                .answers(r -> Script.events("data: {\"choices\":[]," + USAGE + "}\n\n")
                        .failsAtEnd(Kind.TRUNCATED));
        fixture.send(fixture.chat(CHAT));
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CUT);
        assertThat(fixture.record().cost().usd()).isEqualTo(USD);
    }

    @Test
    void anUnknownPriceIsNotFree() {
        fixture.send(fixture.chat(chat("brand-new")));
        UsageRecord record = fixture.record();
        assertThat(record.status()).isEqualTo(200);
        assertThat(record.cost()).isEqualTo(Cost.UNKNOWN);
        assertThat(record.tokens().input()).isEqualTo(1000);
    }

    @Test
    void whatHasNoPriceForAPartIsPartlyPriced() {
        fixture.send(fixture.chat(chat("unfinished")));
        assertThat(fixture.record().cost().state()).isEqualTo(Cost.State.PARTIAL);
        assertThat(fixture.record().cost().usd()).isEqualTo("0.001");
    }

    @Test
    void refusalsListsAndFailuresCostNothing() {
        fixture.up().answers(r -> new Script().failsBeforeHead(Kind.NO_ANSWER));
        fixture.send(fixture.chat(CHAT));
        fixture.up().answers(r -> Script.json("{\"error\":{}}").status(429));
        fixture.send(fixture.chat(CHAT));
        fixture.send(fixture.chat("not json"));
        fixture.send(FakeRequest.get("/v1/models").key(fixture.secret));
        assertThat(fixture.journal.records)
                .hasSize(4)
                .allSatisfy(record -> assertThat(record.cost()).isEqualTo(Cost.NOTHING));
    }

    @Test
    void theTenantsPriceCountsAndThatOfTheMomentWhenTheRequestBegan() {
        Instant later = GatewayFixture.START.plusSeconds(60);
        price(null, "gpt-4o", GatewayFixture.START, 1_000_000);
        price(fixture.tenant.id(), "gpt-*", later, 5_000_000);
        fixture.send(fixture.chat(CHAT));
        fixture.clock.now = later;
        fixture.send(fixture.chat(CHAT));
        assertThat(fixture.journal.records)
                .extracting(record -> record.cost().usd())
                .containsExactly("0.0011", "0.0055");
    }

    @Test
    void aPriceThatChangesWhileARequestRunsDoesNotTouchIt() {
        fixture.up().answers(r -> {
            price(null, "gpt-4o", GatewayFixture.START, 50_000_000);
            return Script.json(ANSWER);
        });
        fixture.send(fixture.chat(CHAT));
        assertThat(fixture.record().cost().usd()).isEqualTo(USD);
    }

    @Test
    void denyRefusesWhatHasNoPriceBeforeItReachesAProvider() {
        fixture = with(true, false);
        RecordingSink refused = fixture.send(fixture.chat(chat("brand-new")));
        RecordingSink served = fixture.send(fixture.chat(CHAT));
        RecordingSink listed = fixture.send(FakeRequest.get("/v1/files").key(fixture.secret));
        assertThat(refused.refusal()).isEqualTo("403 permission_error/model_not_priced");
        assertThat(refused.error().message()).contains("`brand-new`");
        assertThat(served.status()).isEqualTo(200);
        assertThat(listed.status()).isEqualTo(200);
        assertThat(fixture.up().asked()).hasSize(2);
        assertThat(fixture.journal.records.getFirst().cost()).isEqualTo(Cost.NOTHING);
    }

    @Test
    void clientsAreNotToldUnlessTheOperatorAllowsIt() {
        assertThat(fixture.send(fixture.chat(CHAT)).header("x-llmproxy-cost")).isNull();
    }

    @Test
    void aShortAnswerHasItsCostAsAHeaderField() {
        fixture = with(false, true);
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.header("x-llmproxy-cost")).isEqualTo(USD);
        assertThat(sink.contentLength()).isEqualTo(ANSWER.length());
        assertThat(sink.text()).isEqualTo(ANSWER);
        assertThat(sink.calls()).containsExactly("append", "head", "write", "end");
        assertThat(fixture.record().responseBytes()).isEqualTo(ANSWER.length());
    }

    @Test
    void aStreamHasItsCostAsATrailer() {
        fixture = with(false, true);
        fixture.up().answers(r -> Script.events("data: {\"choices\":[]," + USAGE + "}\n\n", "data: [DONE]\n\n"));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.header("x-llmproxy-cost")).isNull();
        assertThat(sink.trailers().first("x-llmproxy-cost")).contains(USD);
        assertThat(sink.calls()).startsWith("head", "flush");
    }

    @Test
    void aLongAnswerIsNotHeldForItsCost() {
        fixture = with(false, true);
        String longAnswer = "{\"choices\":[]," + USAGE + ",\"x\":\"" + "a".repeat(70_000) + "\"}";
        fixture.up().answers(r -> Script.json(longAnswer));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.calls()).startsWith("head", "write");
        assertThat(sink.header("x-llmproxy-cost")).isNull();
        assertThat(sink.text()).isEqualTo(longAnswer);
    }

    @Test
    void aCostThatIsNotAllKnownIsNotTold() {
        fixture = with(false, true);
        RecordingSink unknown = fixture.send(fixture.chat(chat("brand-new")));
        RecordingSink partial = fixture.send(fixture.chat(chat("unfinished")));
        assertThat(List.of(unknown, partial)).allSatisfy(sink -> {
            assertThat(sink.header("x-llmproxy-cost")).isNull();
            assertThat(sink.text()).isEqualTo(ANSWER);
        });
    }

    @Test
    void anAnswerThatBreaksOffWhileItIsHeldIsAnErrorAndNoCutAnswer() {
        fixture = with(false, true);
        fixture.up()
                .answers(r -> Script.json(ANSWER).length(ANSWER.length() + 10).failsAtEnd(Kind.TRUNCATED));
        RecordingSink sink = fixture.send(fixture.chat(CHAT));
        assertThat(sink.error().status()).isEqualTo(502);
        assertThat(sink.text()).isEmpty();
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.FAILED);
        assertThat(fixture.record().cost().usd()).isEqualTo(USD);
    }

    @Test
    void aHeadRequestKeepsItsDeclaredLength() {
        fixture = with(false, true);
        fixture.up().answers(r -> new Script().length(1234));
        FakeRequest head = new FakeRequest("HEAD", "/v1/files/x").key(fixture.secret);
        RecordingSink sink = fixture.send(head);
        assertThat(sink.contentLength()).isEqualTo(1234);
        assertThat(sink.calls()).containsExactly("append", "head", "end");
    }
}
