package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.PriceList;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.gateway.ScriptedProvider.Script;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.SampleSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Managed routes: what they match, and which target they call first. */
class RoutingTest {
    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addProvider("a", "own-of-a");
        fixture.addProvider("b", "own-of-b");
    }

    private ScriptedProvider a() {
        return fixture.provider("a");
    }

    private ScriptedProvider b() {
        return fixture.provider("b");
    }

    private FakeRequest ask(String model) {
        return fixture.chat("{\"model\":\"" + model + "\",\"max_tokens\":100,\"messages\":[]}");
    }

    private @Nullable String served(String model) {
        return fixture.send(ask(model)).header("x-llmproxy-provider");
    }

    @Test
    void aRoutesNameIsAModelAndTheTargetsModelIsAskedFor() {
        fixture.addRoute("smart", BalancePolicy.FAILOVER, "a/large", "b/big");

        RecordingSink sink = fixture.send(ask("smart"));

        assertThat(a().last().body()).contains("\"model\":\"large\"");
        assertThat(sink.header("x-llmproxy-provider")).isEqualTo("a");
        assertThat(sink.header("x-llmproxy-model")).isEqualTo("large");
        assertThat(fixture.record().requestedModel()).isEqualTo("smart");
        assertThat(fixture.record().upstreamModel()).isEqualTo("large");
    }

    @Test
    void theNextTargetGetsItsOwnModel() {
        fixture.addRoute("smart", BalancePolicy.FAILOVER, "a/large", "b/big");
        a().answers(r -> Script.json("{}").status(502));

        fixture.send(ask("smart"));

        assertThat(b().last().body()).contains("\"model\":\"big\"");
        assertThat(fixture.record().upstreamModel()).isEqualTo("big");
        assertThat(fixture.record().failed()).extracting(Attempt::model).containsExactly("large");
    }

    @Test
    void aRouteComesBeforeADeclaredModelOfItsName() {
        fixture.addRoute("own-of-a", BalancePolicy.FAILOVER, "b/*");

        assertThat(served("own-of-a")).isEqualTo("b");
        assertThat(b().last().body()).contains("\"model\":\"own-of-a\"");
    }

    @Test
    void targetsTakeTheirTurns() {
        fixture.addRoute("r", BalancePolicy.ROUND_ROBIN, "a/m", "b/m");

        List<@Nullable String> served = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            served.add(served("r"));
        }

        assertThat(served).containsExactly("a", "b", "a", "b");
    }

    @Test
    void weightsAreShares() {
        fixture.addRoute("r", BalancePolicy.WEIGHTED, "a/m=9", "b/m=1", "up/m=0");

        List<@Nullable String> served = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            served.add(served("r"));
        }

        // six standard deviations
        assertThat(Collections.frequency(served, "a")).isBetween(840, 960);
        assertThat(Collections.frequency(served, "up")).isZero();
    }

    @Test
    void aWeightOfZeroServesWhereTheOthersFail() {
        fixture.addRoute("r", BalancePolicy.WEIGHTED, "a/m", "b/m=0");
        a().answers(r -> Script.json("{}").status(503));

        assertThat(served("r")).isEqualTo("b");
    }

    @Test
    void theQuickestIsCalledOnceAllAreMeasured() {
        fixture.addRoute("r", BalancePolicy.LEAST_LATENCY, "a/m", "b/m");
        a().answers(r -> slow(Script.json("{}")));

        served("r");
        served("r");
        assertThat(a().asked()).hasSize(1);
        assertThat(b().asked()).hasSize(1);

        for (int i = 0; i < 5; i++) {
            assertThat(served("r")).isEqualTo("b");
        }
    }

    private static Script slow(Script script) {
        long until = System.nanoTime() + 200_000_000;
        while (System.nanoTime() < until) {
            Thread.onSpinWait();
        }
        return script;
    }

    private PriceOverlay price(String line) {
        PriceRow row = PriceList.parse("model,input,output,valid-from\n" + line + ",2025-01-01", GatewayFixture.START)
                .getFirst();
        return new PriceOverlay(Ids.next(GatewayFixture.START), fixture.tenant.id(), false, row, GatewayFixture.START);
    }

    @Test
    void theCheapestIsCalledAndWhatHasNoPriceComesLast() {
        fixture.addRoute("r", BalancePolicy.COST, "up/nobody-knows", "a/gpt-4o", "b/free");
        fixture.price(price("free,0.1,0.1"));

        assertThat(served("r")).isEqualTo("b");
        b().answers(r -> Script.json("{}").status(503));
        assertThat(served("r")).isEqualTo("a");
        a().answers(r -> Script.json("{}").status(503));
        assertThat(served("r")).isEqualTo("up");
    }

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/*,,,,,true",
        "/v1/embeddings,,,,,false",
        ",x-team,blue*,,,true",
        ",X-Team,red,,,false",
        ",x-none,*,,,false",
        ",,,llm.example.com,,true",
        ",,,*.example.org,,false",
        ",,,,team=b*,true",
        ",,,,team=red,false",
        ",,,,other=*,false",
        "/v1/*,x-team,blue-1,llm.*,team=blue,true",
        "/v1/*,x-team,blue-1,llm.*,team=red,false"
    })
    void aMatchTakesRequestsOfAnyModel(
            @Nullable String path,
            @Nullable String header,
            @Nullable String value,
            @Nullable String host,
            @Nullable String label,
            boolean matches) {
        fixture.scope(new KeyScope(List.of(), Set.of(), List.of(), false, Map.of("team", "blue")));
        RouteMatch match = new RouteMatch(
                path == null ? null : new Glob(path),
                header == null || value == null ? Map.of() : Map.of(header, new Glob(value)),
                host == null ? null : new Glob(host),
                null,
                label == null ? Map.of() : Map.of(label.split("=")[0], new Glob(label.split("=")[1])));
        fixture.addRoute(fixture.route("rule", match, BalancePolicy.FAILOVER, 0, false, null, "b/*"));

        RecordingSink sink =
                fixture.send(ask("own-of-a").header("X-Team", "blue-1").header("Host", "LLM.example.com:8080"));

        assertThat(sink.header("x-llmproxy-provider")).isEqualTo(matches ? "b" : "a");
    }

    @Test
    void aMatchIsNoModel() {
        RouteMatch match = new RouteMatch(new Glob("/v1/embeddings"), Map.of(), null, null, Map.of());
        fixture.addRoute(fixture.route("rule", match, BalancePolicy.FAILOVER, 0, false, null, "b/*"));
        fixture.removeProvider("up");

        assertThat(fixture.send(ask("rule")).refusal()).isEqualTo("404 not_found_error/model_not_found");
    }

    @Test
    void theMatchWithMoreConditionsWins() {
        RouteMatch wide = new RouteMatch(new Glob("/v1/*"), Map.of(), null, null, Map.of());
        RouteMatch narrow = new RouteMatch(new Glob("*"), Map.of("x-a", new Glob("1")), null, null, Map.of());
        fixture.addRoute(fixture.route("a-wide", wide, BalancePolicy.FAILOVER, 0, false, null, "a/*"));
        fixture.addRoute(fixture.route("z-narrow", narrow, BalancePolicy.FAILOVER, 0, false, null, "b/*"));

        assertThat(fixture.send(ask("m").header("X-A", "1")).header("x-llmproxy-provider"))
                .isEqualTo("b");
        assertThat(served("m")).isEqualTo("a");
    }

    @Test
    void anAliasStandsForTheTargetsOfAnotherRoute() {
        fixture.addRoute("inner", BalancePolicy.FAILOVER, "a/x", "b/y");
        fixture.addRoute("outer", BalancePolicy.FAILOVER, "inner");
        a().answers(r -> Script.json("{}").status(503));

        assertThat(served("outer")).isEqualTo("b");
        assertThat(b().last().body()).contains("\"model\":\"y\"");
    }

    @Test
    void aCircleOfAliasesLeadsNowhereAndSaysSo() {
        fixture.addRoute("one", BalancePolicy.FAILOVER, "two");
        fixture.addRoute("two", BalancePolicy.FAILOVER, "one");

        RecordingSink sink = fixture.send(ask("one"));

        assertThat(sink.refusal()).isEqualTo("503 overloaded_error/overloaded");
        assertThat(sink.error().message()).contains("`one`", "no provider");
    }

    @Test
    void aDeletedProviderIsLeftOutAndTheLastOneMissed() {
        fixture.addRoute("r", BalancePolicy.FAILOVER, "a/m", "b/m");
        fixture.removeProvider("a");
        assertThat(served("r")).isEqualTo("b");
        fixture.removeProvider("b");

        assertThat(fixture.send(ask("r")).refusal()).isEqualTo("503 overloaded_error/overloaded");
    }

    @Test
    void whatKeyAndTenantMayUseHoldsForEachTarget() {
        fixture.addRoute("r", BalancePolicy.FAILOVER, "a/m", "b/n");
        fixture.scope(new KeyScope(List.of(), Set.of("b"), List.of(), false, Map.of()));
        assertThat(served("r")).isEqualTo("b");
        fixture.scope(new KeyScope(List.of(new Glob("m")), Set.of(), List.of(), false, Map.of()));
        assertThat(served("r")).isEqualTo("a");
        fixture.scope(new KeyScope(List.of(new Glob("r")), Set.of(), List.of(), false, Map.of()));
        assertThat(served("r")).as("the route itself is allowed").isEqualTo("a");
        fixture.scope(new KeyScope(List.of(new Glob("other")), Set.of(), List.of(), false, Map.of()));
        assertThat(fixture.send(ask("r")).refusal()).isEqualTo("403 permission_error/model_not_allowed");
        fixture.scope(new KeyScope(List.of(), Set.of("up"), List.of(), false, Map.of()));
        assertThat(fixture.send(ask("r")).refusal()).isEqualTo("403 permission_error/provider_not_allowed");
    }

    @Test
    void aProviderThatTheTenantMayNotUseIsNoTarget() {
        fixture.addRoute("r", BalancePolicy.FAILOVER, "a/m", "b/m");
        fixture.settings(SampleSettings.allowedProviders("b"));

        assertThat(served("r")).isEqualTo("b");
    }

    @Test
    void retriesBeginAgainWithTheFirstTarget() {
        AtomicInteger calls = new AtomicInteger();
        a().answers(r -> calls.incrementAndGet() < 3 ? Script.json("{}").status(503) : Script.json("{\"ok\":1}"));
        fixture.addRoute(fixture.route("r", RouteMatch.NONE, BalancePolicy.FAILOVER, 2, false, null, "a/m"));

        RecordingSink sink = fixture.send(ask("r"));

        assertThat(sink.text()).isEqualTo("{\"ok\":1}");
        assertThat(sink.header("x-llmproxy-attempts")).isEqualTo("3");
        assertThat(fixture.record().failed()).hasSize(2);
    }

    @Test
    void retriesEndAndTheLastAnswerIsTheClients() {
        a().answers(r -> Script.json("{\"no\":1}").status(503));
        fixture.addRoute(fixture.route("r", RouteMatch.NONE, BalancePolicy.FAILOVER, 1, false, null, "a/m"));

        RecordingSink sink = fixture.send(ask("r"));

        assertThat(sink.status()).isEqualTo(503);
        assertThat(sink.text()).isEqualTo("{\"no\":1}");
        assertThat(a().asked()).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "31536000", "99999999999999", "Tue, 31 Dec 2199 23:59:59 GMT"})
    void nobodyWaitsForALongRetryAfter(String value) {
        a().answers(r -> Script.json("{}").status(429).header("Retry-After", value));
        fixture.addRoute(fixture.route("r", RouteMatch.NONE, BalancePolicy.FAILOVER, 3, false, null, "a/m"));

        assertThat(fixture.send(ask("r")).status()).isEqualTo(429);

        assertThat(a().asked()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "0", "-5", "soon", "Fri, 31 Dec 1999 23:59:59 GMT"})
    void aShortOrOddRetryAfterIsFollowedByARetry(String value) {
        AtomicInteger calls = new AtomicInteger();
        a().answers(r -> calls.incrementAndGet() < 2
                ? Script.json("{}").status(429).header("Retry-After", value)
                : Script.json("{}"));
        fixture.addRoute(fixture.route("r", RouteMatch.NONE, BalancePolicy.FAILOVER, 1, false, null, "a/m"));

        assertThat(fixture.send(ask("r")).status()).isEqualTo(200);
    }

    @Test
    void aTargetThatAskedToBeLeftAloneComesAfterTheOthers() {
        fixture.addRoute("r", BalancePolicy.FAILOVER, "a/m", "b/m");
        a().answers(r -> Script.json("{}").status(429).header("Retry-After", "60"));

        assertThat(served("r")).isEqualTo("b");
        assertThat(served("r")).isEqualTo("b");

        assertThat(a().asked()).hasSize(1);
    }

    @Test
    void nothingIsBegunBeyondTheDeadline() {
        a().answers(r -> Script.json("{}").hangsBeforeHead());
        fixture.addRoute(fixture.route(
                "r", RouteMatch.NONE, BalancePolicy.FAILOVER, 3, true, Duration.ofMillis(100), "a/m", "b/m"));

        RecordingSink sink = fixture.send(ask("r"));

        assertThat(sink.refusal()).isEqualTo("504 timeout_error/upstream_timeout");
        assertThat(sink.error().message()).contains("100ms", "route");
        assertThat(b().asked()).isEmpty();
    }

    @Test
    void aTimeoutIsFollowedOnlyWhereTheRouteSaysSo() {
        a().answers(r -> Script.json("{}").failsBeforeHead(Kind.FIRST_BYTE_TIMEOUT));
        fixture.addRoute("careful", BalancePolicy.FAILOVER, "a/m", "b/m");
        fixture.addRoute(fixture.route("eager", RouteMatch.NONE, BalancePolicy.FAILOVER, 0, true, null, "a/m", "b/m"));

        assertThat(fixture.send(ask("careful")).status()).isEqualTo(504);
        assertThat(served("eager")).isEqualTo("b");
    }

    @Test
    void routesAreListedAsModelsToThoseWhoMayUseThem() {
        fixture.addRoute("smart", BalancePolicy.FAILOVER, "a/large");
        fixture.addRoute("other", BalancePolicy.FAILOVER, "b/large");
        fixture.scope(new KeyScope(List.of(), Set.of("a"), List.of(), false, Map.of()));

        String models =
                fixture.send(FakeRequest.get("/v1/models").key(fixture.secret)).text();

        assertThat(models).contains("{\"id\":\"smart\",\"object\":\"model\",").doesNotContain("\"other\"");
        assertThat(fixture.send(FakeRequest.get("/v1/models/smart").key(fixture.secret))
                        .text())
                .startsWith("{\"id\":\"smart\",\"object\":\"model\",\"created\":")
                .endsWith("\"owned_by\":\"llmproxy\"}");
    }
}
