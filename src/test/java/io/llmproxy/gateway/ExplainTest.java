package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.gateway.DryRun.Described;
import io.llmproxy.gateway.Explanation.Step;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What would be done with a request that nobody sends. */
class ExplainTest {
    @TempDir
    Path directory;

    private GatewayFixture fixture;
    private boolean detailed;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(
                directory,
                s -> s,
                Limit.of(
                        "config:tenant",
                        LimitScope.TENANT,
                        LimitMetric.REQUESTS,
                        20,
                        LimitPeriod.HOUR,
                        LimitAlgorithm.FIXED_WINDOW,
                        LimitOrigin.CONFIG));
        fixture.addProvider("a", "own-of-a");
        fixture.addProvider("b", "own-of-b");
    }

    private List<Step> explained(String body) {
        return explained("dev", body);
    }

    private List<Step> explained(@Nullable String key, String body) {
        return fixture.gateway
                .dryRun()
                .explain(new Described(
                        fixture.tenant.id(),
                        key,
                        "POST",
                        "/v1/chat/completions",
                        HeaderFields.of("Content-Type", "application/json"),
                        new byte[] {127, 0, 0, 1},
                        body.getBytes(StandardCharsets.UTF_8),
                        detailed))
                .steps();
    }

    private static List<String> of(List<Step> steps, String step) {
        return steps.stream()
                .filter(s -> s.step().equals(step))
                .map(s -> s.subject() + " " + s.outcome())
                .toList();
    }

    private static String ask(String model) {
        return "{\"model\":\"" + model + "\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }

    @Test
    void tellsTheWholeWayAndTakesNothing() {
        fixture.addRoute("smart", BalancePolicy.ROUND_ROBIN, "a/gpt-4o", "b/gpt-4o");

        List<Step> steps = explained(ask("smart"));

        assertThat(of(steps, "key")).containsExactly("dev accepted");
        assertThat(of(steps, "route")).containsExactly("smart taken");
        assertThat(of(steps, "limit")).containsExactly("config:tenant grants");
        assertThat(of(steps, "candidate")).containsExactly("a/gpt-4o called first", "b/gpt-4o called next");
        assertThat(of(steps, "price").getFirst()).endsWith("known");
        assertThat(explained(ask("smart"))).as("a second look").isEqualTo(steps);
        assertThat(fixture.provider("a").asked()).isEmpty();
        assertThat(fixture.journal.records).isEmpty();
    }

    @Test
    void whatIsSentGoesWhereItWasExplained() {
        fixture.addRoute("smart", BalancePolicy.ROUND_ROBIN, "a/m", "b/m");
        for (int i = 0; i < 4; i++) {
            String first = of(explained(ask("smart")), "candidate").getFirst();
            String served = fixture.send(fixture.chat(ask("smart"))).header("x-llmproxy-provider");
            assertThat(first).isEqualTo(served + "/m called first");
        }
    }

    @Test
    void tellsWhyCandidatesAreLeftOutOrPassedOver() {
        fixture.addRoute("smart", BalancePolicy.FAILOVER, "up/m", "a/m", "gone/m", "b/m");
        fixture.scope(GatewayFixture.scope(List.of(), Set.of("a", "b"), false));
        fixture.provider("a").answers(r -> Script.json("{}").status(503));
        for (int i = 0; i < 12; i++) {
            fixture.send(fixture.chat(ask("smart")));
        }

        List<Step> steps = explained(ask("smart"));

        assertThat(of(steps, "candidate"))
                .containsExactly("gone/m left out", "up/m left out", "b/m called first", "a/m passed over");
        assertThat(steps.toString()).contains("the key may not use this provider", "answered 503");
        assertThat(fixture.journal.records.getLast().failed())
                .as("what the ledger tells of it")
                .containsExactly(Attempt.passedOver("a", "m", Attempt.LEFT_ALONE));
    }

    @Test
    void aRefusalIsExplainedAsTheClientWouldGetIt() {
        assertThat(of(explained("{\"model\":\"nobody/m\""), "answer")).containsExactly("invalid_request 400");
        fixture.removeProvider("up");
        assertThat(of(explained(ask("unknown")), "answer")).containsExactly("model_not_found 404");
        for (int i = 0; i < 20; i++) {
            fixture.send(fixture.chat(ask("own-of-a")));
        }
        List<Step> refused = explained(ask("own-of-a"));
        assertThat(of(refused, "limit")).containsExactly("config:tenant refuses");
        assertThat(of(refused, "candidate")).containsExactly("a/own-of-a called first");
        assertThat(of(refused, "answer")).containsExactly("rate_limit_exceeded 429");
        assertThat(refused.toString()).contains("20 requests per hour: 20 used, 1 for this request");
        assertThat(refused.toString()).contains("retry in 3600 s"); // a fixed window, of which no time has passed
    }

    @Test
    void ofSeveralLimitsTheOneIsToldThatTheClientWouldBeTold() {
        fixture.limits.add(Limit.of(
                        "tokens",
                        LimitScope.KEY,
                        LimitMetric.TOKENS,
                        1,
                        LimitPeriod.MINUTE,
                        LimitAlgorithm.FIXED_WINDOW,
                        LimitOrigin.ADMIN)
                .of(fixture.tenant.id()));
        for (int i = 0; i < 20; i++) {
            fixture.send(fixture.chat(ask("own-of-a")));
        }
        fixture.publish();
        List<Step> refused = explained(ask("own-of-a"));
        assertThat(of(refused, "limit")).containsExactly("tokens refuses", "config:tenant refuses");
        assertThat(of(refused, "answer")).containsExactly("rate_limit_exceeded 429");
        String told = fixture.send(fixture.chat(ask("own-of-a"))).error().message();
        assertThat(told).contains("20 requests per hour", "retry in 3600 s");
        assertThat(refused.toString()).contains(told);
    }

    @Test
    void whatOtherTenantsUseIsShownToAdminsAlone() {
        fixture.addAccount(GatewayFixture.account("pool", null, List.of("m")));
        fixture.limits.add(Limit.of(
                "all",
                LimitScope.MODEL,
                LimitMetric.REQUESTS,
                1000,
                LimitPeriod.HOUR,
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.ADMIN));
        fixture.publish();
        fixture.send(fixture.chat(ask("m")));

        assertThat(explained(ask("m")).toString())
                .contains("model, 1000 requests per hour: 1 for this request", "20 requests per hour: 1 used")
                .doesNotContain("first byte");
        detailed = true;
        assertThat(explained(ask("m")).toString())
                .contains("model, 1000 requests per hour: 1 used, 1 for this request", "first byte");
    }

    @Test
    void aKeyIsCalledByNameIdOrTheBeginningOfItsSecretAndNoneMayDoEverything() {
        String model = ask("own-of-a");
        for (String key : List.of("dev", fixture.key.id().toString(), fixture.key.prefix())) {
            assertThat(of(explained(key, model), "key")).containsExactly("dev accepted");
        }
        assertThat(of(explained(null, model), "key")).containsExactly("any accepted");
        assertThatThrownBy(() -> explained("nobody", model))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("key");
        assertThatThrownBy(() -> explained(fixture.secret, model))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageNotContaining(fixture.secret);
    }
}
