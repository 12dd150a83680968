package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits of providers and models are charged for the target that really served. */
class FailoverLimitsTest {
    private static final String ASK = "{\"model\":\"m\",\"max_tokens\":100,\"messages\":[]}";
    private static final String GOOD = "{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addProvider("a", "m");
        fixture.addProvider("b", "m");
        fixture.provider("a").answers(r -> Script.json("{}").status(503));
        fixture.provider("b").answers(r -> Script.json(GOOD));
    }

    private Limit add(LimitScope scope, @Nullable String subject, LimitMetric metric, long amount) {
        LimitPeriod period = metric == LimitMetric.CONCURRENCY ? LimitPeriod.NONE : LimitPeriod.HOUR;
        Limit plain = Limit.of(
                "limit-" + fixture.limits.size(),
                scope,
                metric,
                amount,
                period,
                LimitAlgorithm.of(period),
                LimitOrigin.CONFIG);
        Limit limit = new Limit(
                plain.id(),
                fixture.tenant.id(),
                scope,
                subject,
                metric,
                amount,
                period,
                plain.algorithm(),
                6,
                LimitMode.HARD,
                LimitOrigin.ADMIN,
                plain.zone());
        fixture.limits.add(limit);
        fixture.publish();
        return limit;
    }

    private long used(Limit limit) {
        return fixture.counters.used(limit).values().stream().mapToLong(n -> n).sum();
    }

    @Test
    void theSecondProvidersLimitsAreChargedAndTheFirstOnesGivenBack() {
        Limit requestsA = add(LimitScope.PROVIDER, "a", LimitMetric.REQUESTS, 10);
        Limit requestsB = add(LimitScope.PROVIDER, "b", LimitMetric.REQUESTS, 10);
        Limit tokensA = add(LimitScope.PROVIDER, "a", LimitMetric.TOKENS, 10_000);
        Limit tokensB = add(LimitScope.PROVIDER, "b", LimitMetric.TOKENS, 10_000);
        Limit all = add(LimitScope.TENANT, null, LimitMetric.REQUESTS, 10);
        Limit model = add(LimitScope.MODEL, "m", LimitMetric.TOKENS, 10_000);

        assertThat(fixture.send(fixture.chat(ASK)).status()).isEqualTo(200);

        assertThat(used(requestsA)).isZero();
        assertThat(used(requestsB)).isEqualTo(1);
        assertThat(used(tokensA)).isZero();
        assertThat(used(tokensB)).isEqualTo(7);
        assertThat(used(all)).isEqualTo(1);
        assertThat(used(model)).isEqualTo(7);
    }

    @Test
    void aLimitThatCountsEachProviderMovesFromOneToTheOther() {
        Limit each = add(LimitScope.PROVIDER, null, LimitMetric.CONCURRENCY, 1);
        Limit tokens = add(LimitScope.PROVIDER, null, LimitMetric.TOKENS, 10_000);

        assertThat(fixture.send(fixture.chat(ASK)).status()).isEqualTo(200);
        assertThat(fixture.send(fixture.chat(ASK)).status()).isEqualTo(200);

        assertThat(used(each)).isZero();
        assertThat(used(tokens)).isEqualTo(14);
        assertThat(fixture.counters.used(tokens).entrySet().stream().filter(e -> e.getValue() > 0))
                .hasSize(1);
    }

    @Test
    void aProviderAtItsOwnLimitIsPassedOverUnasked() {
        fixture.provider("a").answers(r -> Script.json(GOOD));
        add(LimitScope.PROVIDER, "a", LimitMetric.REQUESTS, 1);
        assertThat(fixture.send(fixture.chat(ASK)).header("x-llmproxy-provider"))
                .isEqualTo("a");
        RecordingSink second = fixture.send(fixture.chat(ASK));
        assertThat(second.header("x-llmproxy-provider")).isEqualTo("b");
        assertThat(second.header("x-llmproxy-attempts")).isEqualTo("1");
        assertThat(fixture.provider("a").asked()).hasSize(1);
    }

    @Test
    void aProviderWhoseOwnLimitDeniesIsPassedOverAfterAFailureToo() {
        fixture.addProvider("c", "m");
        fixture.provider("c").answers(r -> Script.json(GOOD));
        add(LimitScope.PROVIDER, "b", LimitMetric.REQUESTS, 1);
        assertThat(fixture.send(fixture.chat(ASK)).header("x-llmproxy-provider"))
                .isEqualTo("b");

        RecordingSink second = fixture.send(fixture.chat(ASK));

        assertThat(second.header("x-llmproxy-provider")).isEqualTo("c");
        assertThat(second.header("x-llmproxy-attempts")).isEqualTo("2");
        assertThat(fixture.provider("b").asked()).hasSize(1);
    }

    @Test
    void whereTheOnlyOtherTargetIsAtItsLimitTheClientIsToldOfBoth() {
        add(LimitScope.PROVIDER, "b", LimitMetric.REQUESTS, 1);
        fixture.send(fixture.chat(ASK));

        RecordingSink second = fixture.send(fixture.chat(ASK));

        assertThat(second.refusal()).isEqualTo("503 overloaded_error/overloaded");
        assertThat(second.error().message()).contains("answered 503", "`b`", "limit-0");
    }

    @Test
    void nothingIsHeldWhenAllIsOver() {
        Limit concurrency = add(LimitScope.PROVIDER, "b", LimitMetric.CONCURRENCY, 1);
        Limit running = add(LimitScope.TENANT, null, LimitMetric.CONCURRENCY, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(fixture.send(fixture.chat(ASK)).status()).isEqualTo(200);
        }
        fixture.provider("b").answers(r -> Script.json("{}").status(500));

        assertThat(fixture.send(fixture.chat(ASK)).status()).isEqualTo(500);

        assertThat(used(concurrency)).isZero();
        assertThat(used(running)).isZero();
    }

    @Test
    void whatMustNotGoToASharedProviderGoesToAnOwnOneAndIsChargedThere() {
        fixture.addAccount(GatewayFixture.account("a-pool", null, List.of("n")));
        fixture.addProvider("own", "n");
        fixture.provider("own").answers(r -> Script.json(GOOD));
        Limit pool = add(LimitScope.PROVIDER, "a-pool", LimitMetric.REQUESTS, 10);
        Limit own = add(LimitScope.PROVIDER, "own", LimitMetric.REQUESTS, 10);
        FakeRequest plain = FakeRequest.post("/v1/responses", "{\"model\":\"n\",\"store\":false}");
        assertThat(fixture.send(plain.key(fixture.secret)).header("x-llmproxy-provider"))
                .isEqualTo("a-pool");
        for (String member :
                List.of("\"previous_response_id\":12", "\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]")) {
            FakeRequest referring = FakeRequest.post("/v1/responses", "{\"model\":\"n\"," + member + "}");
            assertThat(fixture.send(referring.key(fixture.secret)).header("x-llmproxy-provider"))
                    .isEqualTo("own");
        }

        assertThat(fixture.provider("a-pool").asked()).hasSize(1);
        assertThat(used(pool)).isEqualTo(1);
        assertThat(used(own)).isEqualTo(2);
    }
}
