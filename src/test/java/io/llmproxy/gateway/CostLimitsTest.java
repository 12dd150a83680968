package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.ProxyError.LimitExceeded;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import io.llmproxy.domain.usage.Rates;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException.Kind;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** By the fixture's catalogue gpt-4o costs 2.5 and 10 USD for a million tokens; the answer below costs 225 millionths. */
class CostLimitsTest {
    private static final String CHAT =
            "{\"model\":\"gpt-4o\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String ANSWER =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}";
    private static final long COST = 225;
    private static final String IMAGE = "{\"model\":\"gpt-4o\",\"prompt\":\"a cat\"}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = fixture(false);
    }

    private GatewayFixture fixture(boolean deny) {
        GatewayFixture made = new GatewayFixture(
                directory,
                s -> new GatewaySettings(
                        s.maxBody(),
                        s.maxUpload(),
                        0,
                        false,
                        s.sseKeepAlive(),
                        s.spoolDirectory(),
                        new PricingRules(deny, false)));
        made.up().answers(r -> Script.json(ANSWER));
        return made;
    }

    private Limit limit(long micros, LimitPeriod period) {
        Limit limit = Limit.of(
                        "cost-" + fixture.limits.size(),
                        LimitScope.TENANT,
                        LimitMetric.COST,
                        micros,
                        period,
                        LimitAlgorithm.of(period),
                        LimitOrigin.ADMIN)
                .of(fixture.tenant.id());
        fixture.limits.add(limit);
        fixture.publish();
        return limit;
    }

    private RecordingSink chat() {
        return fixture.send(fixture.chat(CHAT));
    }

    private RecordingSink chat(String model) {
        return fixture.send(fixture.chat(CHAT.replace("gpt-4o", model)));
    }

    private RecordingSink image() {
        return fixture.send(FakeRequest.post("/v1/images/generations", IMAGE).key(fixture.secret));
    }

    private static LimitExceeded refused(RecordingSink sink) {
        assertThat(sink.error()).isInstanceOf(LimitExceeded.class);
        return (LimitExceeded) sink.error();
    }

    private long used(Limit limit) {
        return fixture.counters.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    private void price(String model, Rates rates) {
        fixture.price(new PriceOverlay(
                Ids.next(GatewayFixture.START),
                null,
                false,
                new PriceRow(new PriceScope(null, null, new Glob(model)), GatewayFixture.START, rates, 0, 0),
                GatewayFixture.START));
    }

    private static Rates tokens(long picos) {
        return new Rates(picos, picos, -1, -1, -1, -1, -1, -1);
    }

    @Test
    void moneyIsReservedAndSettledToWhatTheRecordSays() {
        Limit limit = limit(1_400, LimitPeriod.DAY);
        assertThat(chat().status()).isEqualTo(200);
        assertThat(used(limit)).isEqualTo(COST);
        assertThat(fixture.record().cost().microsRoundedUp()).isEqualTo(COST);
        assertThat(chat().status()).isEqualTo(200);
        assertThat(used(limit)).isEqualTo(2 * COST);
        // 100 tokens of output may cost 1000 millionths
        LimitExceeded error = refused(chat());
        assertThat(error.asked()).isGreaterThan(1_000);
        assertThat(error.metric()).isEqualTo("cost");
        assertThat(error.message())
                .startsWith("The tenant limit of 0.0014 USD per day, of which this request may take 0.001");
        assertThat(used(limit)).isEqualTo(2 * COST);
        assertThat(fixture.up().asked()).hasSize(2);
        assertThat(fixture.journal.records.getLast().errorCode()).isEqualTo(limit.id());
    }

    @ParameterizedTest
    @CsvSource({
        "SECOND,429,rate_limit_exceeded",
        "MINUTE,429,rate_limit_exceeded",
        "HOUR,429,rate_limit_exceeded",
        "DAY,402,budget_exceeded",
        "MONTH,402,budget_exceeded",
        "TOTAL,402,budget_exceeded"
    })
    void moneyOfLongPeriodsIsABudgetAndOfShortOnesAPace(LimitPeriod period, int status, String code) {
        limit(500, period);
        LimitExceeded error = refused(chat());
        assertThat(error.status()).isEqualTo(status);
        assertThat(error.code()).isEqualTo(code);
        assertThat(error.retryAfter() == null).isEqualTo(status == 402);
    }

    @Test
    void whatHasNoPriceIsServedAndFlaggedOrRefusedBefore() {
        Limit limit = limit(1_200, LimitPeriod.DAY);
        assertThat(chat("brand-new").status()).isEqualTo(200);
        assertThat(used(limit)).isZero();
        assertThat(fixture.record().cost()).isEqualTo(Cost.UNKNOWN);

        fixture = fixture(true);
        limit(1_200, LimitPeriod.DAY);
        assertThat(chat("brand-new").refusal()).startsWith("403").contains("model_not_priced");
        assertThat(fixture.up().asked()).isEmpty();
    }

    @Test
    void whatHasAPriceForAPartAloneIsCountedByItOrRefusedBefore() {
        Limit limit = limit(1_200, LimitPeriod.DAY);
        assertThat(chat("unfinished").status()).isEqualTo(200);
        assertThat(fixture.record().cost().state()).isEqualTo(Cost.State.PARTIAL);
        assertThat(used(limit)).isEqualTo(200);

        fixture = fixture(true);
        assertThat(chat("unfinished").status()).isEqualTo(200);
        limit(1_200, LimitPeriod.DAY);
        // its bound cannot be told, and so no limit of money could hold
        assertThat(chat("unfinished").refusal()).startsWith("403").contains("model_not_priced");
    }

    @Test
    void whatIsFreeIsServedWhenTheMoneyIsGone() {
        price("free", tokens(0));
        limit(1, LimitPeriod.DAY);
        assertThat(refused(chat()).status()).isEqualTo(402);
        assertThat(chat("free").status()).isEqualTo(200);
        fixture.up().answers(r -> Script.json("{\"data\":[]}"));
        assertThat(fixture.send(FakeRequest.get("/v1/models").key(fixture.secret))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void failuresAndRefusalsGiveTheMoneyBack() {
        Limit limit = limit(1_200, LimitPeriod.DAY);
        fixture.up().answers(r -> new Script().failsBeforeHead(Kind.CONNECT));
        for (int i = 0; i < 3; i++) {
            assertThat(chat().error().status()).isEqualTo(502);
        }
        fixture.up().answers(r -> Script.json("{\"error\":{}}").status(429));
        chat();
        assertThat(used(limit)).isZero();
    }

    @Test
    void aStreamThatBreaksOffOrPassesItsReservationIsCountedTruly() {
        Limit limit = limit(30_000, LimitPeriod.DAY);
        fixture.up()
                .answers(r -> Script.events("data: " + ANSWER.replace("20", "2000") + "\n\n")
                        .failsAtEnd(Kind.TRUNCATED));
        fixture.send(fixture.chat(CHAT));
        assertThat(fixture.record().outcome()).isEqualTo(Outcome.CUT);
        assertThat(used(limit)).isEqualTo(20_025);
    }

    @Test
    void aReplayedAnswerCostsNothing() {
        Limit limit = limit(100_000, LimitPeriod.DAY);
        for (int i = 0; i < 3; i++) {
            assertThat(fixture.send(fixture.chat(CHAT).header("Idempotency-Key", "once"))
                            .status())
                    .isEqualTo(200);
        }
        assertThat(fixture.up().asked()).hasSize(1);
        assertThat(used(limit)).isEqualTo(COST);
    }

    @Test
    void whatIsNotCountedByItsTextIsHeldToMoneyThatIsGone() {
        Limit limit = limit(COST, LimitPeriod.DAY);
        assertThat(image().status()).isEqualTo(200);
        assertThat(used(limit)).isEqualTo(COST);
        assertThat(refused(image()).asked()).isEqualTo(1);
    }

    @Test
    void aPriceForTheRequestIsReservedWhole() {
        price("picture", new Rates(-1, -1, -1, -1, -1, -1, -1, 40_000_000_000L));
        Limit limit = limit(100_000, LimitPeriod.DAY);
        for (int i = 0; i < 2; i++) {
            assertThat(chat("picture").status()).isEqualTo(200);
        }
        assertThat(used(limit)).isEqualTo(80_000);
        assertThat(refused(chat("picture")).asked()).isEqualTo(40_000);
    }

    @Test
    void absurdBoundsDoNotOverflow() {
        limit(Limit.MAX_AMOUNT, LimitPeriod.TOTAL);
        price("dear", tokens(1_000_000_000_000L));
        String body = CHAT.replace("gpt-4o", "dear").replace("100", "9223372036854775807,\"n\":100");
        fixture.send(fixture.chat(body));
        assertThat(fixture.journal.records).hasSize(1);
    }

    @Test
    void manyAtOnceNeverSpendMoreThanTheLimit() throws InterruptedException {
        // every answer costs all that was reserved for its output, and the input less than was guessed
        fixture.up().answers(r -> Script.json(ANSWER.replace("20", "100").replace("10,", "1,")));
        Limit limit = limit(20_000, LimitPeriod.DAY);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            threads.add(Thread.ofVirtual().start(this::chat));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long spent = fixture.journal.records.stream()
                .mapToLong(r -> r.cost().microsRoundedUp())
                .sum();
        assertThat(spent).isBetween(10_000L, 20_000L);
        assertThat(used(limit)).isEqualTo(spent);
    }
}
