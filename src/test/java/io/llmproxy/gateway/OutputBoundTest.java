package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.ProxyError.LimitExceeded;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import io.llmproxy.domain.usage.Rates;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.testing.SampleSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How much output is reserved: what the request says, else what the model can, else what the tenant says. */
class OutputBoundTest {
    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        generates("terse", 600);
        generates("wordy", 60_000);
        // refuses whatever reserves anything, and says how much that was
        Limit nothing = Limit.of(
                "nothing",
                LimitScope.TENANT,
                LimitMetric.OUTPUT_TOKENS,
                1,
                LimitPeriod.DAY,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.ADMIN);
        fixture.limits.add(nothing.of(fixture.tenant.id()));
        fixture.publish();
    }

    private void generates(String model, long tokens) {
        generates(model, tokens, new Rates(-1, -1, -1, -1, -1, -1, -1, -1));
    }

    private void generates(String model, long tokens, Rates rates) {
        fixture.price(new PriceOverlay(
                Ids.next(GatewayFixture.START),
                null,
                false,
                new PriceRow(new PriceScope(null, null, new Glob(model)), GatewayFixture.START, rates, 0, tokens),
                GatewayFixture.START));
    }

    private long reserved(String model, @Nullable Integer bound) {
        String body = "{\"model\":\"" + model + "\",\"messages\":[]" + (bound == null ? "" : ",\"max_tokens\":" + bound)
                + "}";
        return reservedAt("/v1/chat/completions", body);
    }

    /** Of a request with these members, in single quotes, beside its model. */
    private long reservedFor(String path, String members) {
        String model = path.contains("/models/") ? "" : "'model':'unknown',";
        return reservedAt(path, ("{" + model + members + "}").replace('\'', '"'));
    }

    private long reservedAt(String path, String body) {
        RecordingSink answer = fixture.send(FakeRequest.post(path, body).key(fixture.secret));
        assertThat(answer.error()).isInstanceOf(LimitExceeded.class);
        return ((LimitExceeded) answer.error()).asked();
    }

    @ParameterizedTest
    @CsvSource({
        // as the request says, but not more than the model can
        "terse, 100, , 100",
        "terse, 5000, , 600",
        "unknown, 5000, , 5000",
        // it says nothing: what the model can
        "terse, , , 600",
        "wordy, , , 60000",
        "unknown, , , 4096",
        // but not more than the tenant says
        "wordy, , 500, 500",
        "terse, , 1000, 600",
        "unknown, , 500, 500",
        "wordy, 2000, 500, 2000",
    })
    void outputIsReservedByTheFirstWhoKnows(
            String model, @Nullable Integer request, @Nullable Integer tenant, long reserved) {
        fixture.settings(SampleSettings.limits(new UsageLimits(null, null, null, tenant, null)));
        assertThat(reserved(model, request)).isEqualTo(reserved);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'prompt':'a'|10",
                "'prompt':'a','n':3|30",
                "'prompt':'a','best_of':5|50",
                "'prompt':'a','n':3,'best_of':5|50",
                "'prompt':['a','b','c']|30",
                "'prompt':['a','b','c'],'n':2,'best_of':4|120",
                "'prompt':[1,2,3]|10",
                "'prompt':[[1,2],[3],[]]|30",
                "'prompt':[]|10",
                "'prompt':['a',{'x':[['b']]},'c']|30",
                "'prompt':{'id':['a','b']}|10",
                "'prompt':'a','n':'5'|50",
                "'prompt':'a','n':'5','n':1|50",
                "'prompt':['a','b'],'best_of':'3'|60",
                "'prompt':'a','n':-5,'best_of':0|10",
                "'prompt':'a','n':99999999999|10000000",
            })
    void everyAnswerToEveryPromptOfACompletionIsReservedFor(String members, long reserved) {
        String body =
                "{'model':'unknown','max_tokens':10,%s}".formatted(members).replace('\'', '"');
        assertThat(reservedAt("/v1/completions", body)).isEqualTo(reserved);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "7|7",
                "'7'|7",
                "7.0|7",
                "6.01|7",
                "0.7e1|7",
                "70000E-4|7",
                "0.0000001|1",
                "'7.0'|7",
                "' +7 '|7",
                "'\\u0037'|7",
                "'\u00a07'|7",
                "'1_0'|10",
                "1e2|100",
                "'1e2'|100",
                "1e3|1000",
                "0|1",
                "-7|1",
                "'-7'|1",
                "-7e9|1",
                "''|1",
                "'seven'|1",
                "'7 of them'|1",
                "'1e'|1",
                "'.'|1",
                "null|1",
                "true|1",
                "[7]|1",
                "{'n':7}|1",
                "1e-999999999999|1",
                "1e999999999999|1000000",
                "9223372036854775808|1000000",
                "'99999999999999999999999'|1000000",
            })
    void asManyAnswersAreReservedForAsTheMostLenientServerGives(String n, long answers) {
        String value = n.replace('\'', '"');
        String chat = "{\"model\":\"unknown\",\"messages\":[],\"max_tokens\":10,\"n\":" + value + "}";
        assertThat(reservedAt("/v1/chat/completions", chat)).isEqualTo(10 * answers);
        String prompt = "{\"model\":\"unknown\",\"prompt\":\"a\",\"max_tokens\":10,\"best_of\":" + value + "}";
        assertThat(reservedAt("/v1/completions", prompt)).isEqualTo(10 * answers);
        String google =
                "{\"contents\":[],\"generationConfig\":{\"maxOutputTokens\":10,\"candidateCount\":" + value + "}}";
        assertThat(reservedAt("/v1beta/models/unknown:generateContent", google)).isEqualTo(10 * answers);
    }

    @Test
    void anAnswerCountTooLongToBeReadIsTheLargest() {
        String body = "{\"model\":\"unknown\",\"messages\":[],\"max_tokens\":10,\"n\":" + "7." + "0".repeat(9000) + "}";
        assertThat(reservedAt("/v1/chat/completions", body)).isEqualTo(10_000_000);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/chat/completions|'max_tokens':5|5",
                "/v1/chat/completions|'max_completion_tokens':5|5",
                "/v1/chat/completions|'max_completion_tokens':5,'max_tokens':9|9",
                "/v1/chat/completions|'max_completion_tokens':9,'max_tokens':5|9",
                "/v1/chat/completions|'max_completion_tokens':5,'max_tokens':null|5",
                "/v1/chat/completions|'max_output_tokens':5|4096",
                "/v1/chat/completions/|'max_output_tokens':5|4096",
                "/openai/deployments/unknown/chat/completions|'max_tokens':5|5",
                "/openai/deployments/unknown/chat/completions|'max_output_tokens':5|4096",
                "/openai/v1/responses|'max_output_tokens':5|5",
                "/v1/completions|'max_tokens':5|5",
                "/v1/completions|'max_completion_tokens':5|4096",
                "/v1/completions|'max_output_tokens':5|4096",
                "/v1/fim/completions|'max_tokens':5|5",
                "/v1/responses|'max_output_tokens':5|5",
                "/v1/responses|'max_tokens':5|4096",
                "/v1/responses|'max_completion_tokens':5|4096",
                "/v1/responses|'max_output_tokens':9,'max_tokens':5|9",
                "/v1/messages|'max_tokens':5|5",
                "/v1/messages|'max_completion_tokens':5|4096",
                "/v1/messages|'max_output_tokens':5|4096",
                "/api/chat|'options':{'num_predict':5}|5",
                "/api/generate|'options':{'num_predict':5,'candidateCount':7}|5",
                "/api/chat|'options':{'maxOutputTokens':5}|4096",
                "/api/chat|'options':{'max_output_tokens':5}|4096",
                "/api/chat|'options':[{'num_predict':5}]|4096",
                "/api/chat|'num_predict':5,'max_tokens':5|4096",
                "/v1beta/models/unknown:generateContent|'generationConfig':{'maxOutputTokens':5}|5",
                "/v1beta/models/unknown:generateContent|'generation_config':{'max_output_tokens':5}|5",
                "/v1beta/models/unknown:generateContent|'generationConfig':{'num_predict':5}|4096",
                "/v1beta/models/unknown:generateContent|'max_tokens':5,'maxOutputTokens':5|4096",
                // which go to a provider of the client's choice
                "/p/up/v1/chat/completions|'max_tokens':5|5",
                "/p/up/v1/chat/completions|'max_output_tokens':5|4096",
                "/p/up/v1/responses|'max_tokens':5|4096",
                "/p/up/api/chat|'options':{'num_predict':5}|5",
                "/p/up/api/chat|'max_tokens':5|4096",
                "/p/up/models/m:generateContent|'generationConfig':{'maxOutputTokens':5,'candidateCount':3}|15",
                "/p/up/models/m:generateContent|'max_tokens':5|4096",
            })
    void aBoundCountsByTheNameThatItHasInTheRequestsOwnApi(String path, String members, long reserved) {
        fixture.scope(GatewayFixture.scope(List.of(), Set.of(), true));
        assertThat(reservedFor(path, members)).isEqualTo(reserved);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/chat/completions|'max_tokens':0",
                "/v1/chat/completions|'max_completion_tokens':0",
                "/v1/chat/completions|'max_tokens':-0",
                "/v1/chat/completions|'max_tokens':-1",
                "/v1/chat/completions|'max_tokens':null",
                "/v1/chat/completions|'max_tokens':'5'",
                "/v1/chat/completions|'max_tokens':5.0",
                "/v1/chat/completions|'max_tokens':5e0",
                "/v1/chat/completions|'max_tokens':[5]",
                // of which servers read one or the other
                "/v1/chat/completions|'max_completion_tokens':5,'max_tokens':0",
                "/v1/chat/completions|'max_completion_tokens':5,'max_tokens':'9000'",
                "/v1/chat/completions|'max_tokens':5,'max_tokens':9000",
                "/v1/chat/completions|'max_tokens':5,'max_tokens':null",
                "/v1/chat/completions|'max_tokens':null,'max_tokens':5",
                // of every API
                "/v1/completions|'max_tokens':0",
                "/v1/responses|'max_output_tokens':0",
                "/v1/messages|'max_tokens':0",
                "/api/chat|'options':{'num_predict':0}",
                "/api/chat|'options':{'num_predict':5},'options':{}",
                "/v1beta/models/unknown:generateContent|'generationConfig':{'maxOutputTokens':0}",
                "/v1beta/models/unknown:generateContent|'generationConfig':{'maxOutputTokens':5,'max_output_tokens':9}",
            })
    void whatIsNoCountAboveZeroIsNoBound(String path, String members) {
        assertThat(reservedFor(path, members)).isEqualTo(4096);
    }

    /** Servers written in Go take such a name for the other, other servers for none: the larger of both counts. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/v1/chat/completions|'max_tokens':5,'MAX_TOKENS':9|9",
                "/v1/chat/completions|'MAX_TOKENS':9,'max_tokens':5|9",
                "/v1/chat/completions|'max_tokens':9,'Max_Tokens':5|9",
                "/v1/chat/completions|'max_completion_tokens':5,'mAX_TOKENS':9,'Max_Completion_Tokens':7|9",
                "/v1/chat/completions|'max_tokens':5,'max_to\u212aen\u017f':9|9",
                "/v1/chat/completions|'max_tokens':5,'max_to\\u212Aen\\u017F':9|9",
                "/v1/chat/completions|'max_tokens':5,'\\u004dax_tokens':9|9",
                "/v1/chat/completions|'max_tokens':5,'max-tokens':9,'maxtokens':9,'max_tokens ':9|5",
                "/v1/chat/completions|'max_tokens':5,'max\u007ftokens':9,'metadata':{'MAX_TOKENS':9}|5",
                "/v1/chat/completions|'max_tokens':5,'Max_Tokens':0|4096",
                "/v1/chat/completions|'max_tokens':5,'Max_Tokens':null|4096",
                "/v1/chat/completions|'max_tokens':5,'Max_Tokens':'9'|4096",
                "/v1/chat/completions|'MAX_TOKENS':5|4096",
                "/v1/responses|'max_output_tokens':5,'Max_Output_Tokens':9|9",
                "/v1/messages|'max_tokens':5,'Max_Tokens':9|9",
                // llama.cpp's, which goes before max_tokens there
                "/v1/chat/completions|'max_tokens':5,'n_predict':9|9",
                "/v1/completions|'max_tokens':5,'n_predict':-1|4096",
                "/v1/completions|'n_predict':5|4096",
                // the answers
                "/v1/chat/completions|'max_tokens':5,'N':3|15",
                "/v1/chat/completions|'max_tokens':5,'N':3,'n':1|15",
                "/v1/chat/completions|'max_tokens':5,'n':4,'N':3|20",
                "/v1/chat/completions|'max_tokens':5,'\\u004E':3|15",
                "/v1/completions|'max_tokens':5,'Best_Of':3|15",
                "/v1/completions|'max_tokens':5,'be\u017ft_of':3|15",
                "/v1/completions|'max_tokens':5,'prompt':'a','Prompt':['a','b']|10",
                "/v1/completions|'max_tokens':5,'PROMPT':['a','b'],'prompt':'a'|10",
                // of other APIs
                "/api/chat|'options':{'num_predict':5,'Num_Predict':9}|9",
                "/api/chat|'options':{'num_predict':5},'Options':{'num_predict':9}|4096",
                "/api/chat|'Options':{'num_predict':5}|4096",
                "/v1beta/models/unknown:generateContent|'generationConfig':{'maxOutputTokens':5,'MaxOutputTokens':9}|9",
                "/v1beta/models/unknown:generateContent|'generationConfig':{'maxOutputTokens':5,'CandidateCount':3}|15",
                "/v1beta/models/unknown:generateContent|'GenerationConfig':{'maxOutputTokens':5}|4096",
            })
    void inAnotherCaseABoundCountsWhereItIsTheLarger(String path, String members, long reserved) {
        assertThat(reservedFor(path, members)).isEqualTo(reserved);
    }

    @Test
    void whoAsksForNothingAndGetsMuchIsServedNoLongerThanTheLimitLasts() {
        fixture.limits.clear();
        fixture.limits.add(Limit.of(
                        "output",
                        LimitScope.TENANT,
                        LimitMetric.OUTPUT_TOKENS,
                        400,
                        LimitPeriod.DAY,
                        LimitAlgorithm.FIXED_WINDOW,
                        LimitOrigin.ADMIN)
                .of(fixture.tenant.id()));
        fixture.settings(SampleSettings.limits(new UsageLimits(null, null, null, 100, null)));
        fixture.up()
                .answers(r -> Script.json(
                        "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":100,\"total_tokens\":101}}"));
        String body = "{\"model\":\"unknown\",\"max_tokens\":0,\"messages\":[]}";
        for (int i = 0; i < 4; i++) {
            assertThat(fixture.send(fixture.chat(body)).status()).isEqualTo(200);
        }
        assertThat(fixture.up().last().body()).isEqualTo(body);
        assertThat(fixture.send(fixture.chat(body)).error()).isInstanceOf(LimitExceeded.class);
        assertThat(fixture.up().asked()).hasSize(4);
    }

    @Test
    void whatBoundsTheOutputInAnotherApiBoundsNothing() {
        String body = "{'model':'unknown','messages':[],'max_tokens':1,'n':7,'options':{'num_predict':%d}}"
                .replace('\'', '"');
        assertThat(reservedAt("/api/chat", body.formatted(20))).isEqualTo(20);
        assertThat(reservedAt("/api/chat", body.formatted(-1))).isEqualTo(4096);
    }

    @Test
    void whoAsksForMoreThanThereEverIsIsToldHowToAskForLess() {
        RecordingSink answer = fixture.send(fixture.chat("{\"model\":\"wordy\",\"messages\":[]}"));
        assertThat(answer.error().message())
                .isEqualTo(
                        "The tenant limit of 1 output tokens per day, of which this request may take 60000, is reached;"
                                + " set a smaller max_tokens, or ask your operator to raise it.");
    }

    @Test
    void ofSeveralTargetsTheOneThatGeneratesMostCounts() {
        fixture.addRoute("any", BalancePolicy.FAILOVER, "up/terse", "up/wordy");
        assertThat(reserved("any", null)).isEqualTo(60_000);
        assertThat(reserved("any", 700)).isEqualTo(700);
    }

    @Test
    void moneyIsReservedForWhatEachTargetCanGenerate() {
        fixture.limits.clear();
        fixture.limits.add(Limit.of(
                        "money",
                        LimitScope.TENANT,
                        LimitMetric.COST,
                        1,
                        LimitPeriod.DAY,
                        LimitAlgorithm.FIXED_WINDOW,
                        LimitOrigin.ADMIN)
                .of(fixture.tenant.id()));
        generates("dear", 600, new Rates(0, 10_000_000, -1, -1, -1, -1, -1, -1));
        generates("cheap", 60_000, new Rates(0, 50_000, -1, -1, -1, -1, -1, -1));
        fixture.addRoute("any", BalancePolicy.FAILOVER, "up/cheap", "up/dear");
        // 600 tokens at ten millionths of a dollar, and 60,000 at a twentieth of one
        assertThat(reserved("dear", null)).isEqualTo(6000);
        assertThat(reserved("cheap", null)).isEqualTo(3000);
        assertThat(reserved("any", null)).isEqualTo(6000);
    }
}
