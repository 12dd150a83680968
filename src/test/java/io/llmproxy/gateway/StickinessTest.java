package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Choice;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Stickiness;
import io.llmproxy.domain.route.Target;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Routes that keep what belongs together with one target. */
class StickinessTest {
    private static final Stickiness CONVERSATION = new Stickiness("x-conversation");

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addProvider("a", "own-of-a");
        fixture.addProvider("b", "own-of-b");
        fixture.addProvider("c", "own-of-c");
    }

    private Route route(Stickiness by, BalancePolicy strategy, String... targets) {
        return fixture.addRoute(new Route(
                Ids.next(GatewayFixture.START),
                fixture.tenant.id(),
                "chat",
                RouteMatch.NONE,
                new Choice(strategy, by),
                List.of(targets).stream().map(t -> Target.parse("targets", t)).toList(),
                0,
                false,
                null,
                GatewayFixture.START,
                GatewayFixture.START));
    }

    private String served(@Nullable String conversation, @Nullable String user) {
        FakeRequest request = fixture.chat(
                "{\"model\":\"chat\",\"messages\":[]" + (user == null ? "" : ",\"user\":\"" + user + "\"") + "}");
        if (conversation != null) {
            request.header("X-Conversation", conversation);
        }
        return Objects.requireNonNull(fixture.send(request).header("x-llmproxy-provider"));
    }

    private Map<String, String> served(int conversations) {
        Map<String, String> places = new HashMap<>();
        for (int i = 0; i < conversations; i++) {
            places.put("c-" + i, served("c-" + i, null));
        }
        return places;
    }

    private static long share(Map<String, String> places, String provider) {
        return places.values().stream().filter(provider::equals).count();
    }

    @Test
    void aValueHasItsTargetEachTimeAndValuesSpread() {
        route(CONVERSATION, BalancePolicy.ROUND_ROBIN, "a/m", "b/m", "c/m");

        Map<String, String> places = served(300);

        assertThat(served(300)).isEqualTo(places);
        for (String provider : List.of("a", "b", "c")) {
            assertThat(share(places, provider)).as(provider).isBetween(60L, 140L);
        }
    }

    @Test
    void weightsAreRespectedAndZeroServesOnlyInNeed() {
        route(CONVERSATION, BalancePolicy.WEIGHTED, "a/m=6", "b/m=2", "c/m=0");

        Map<String, String> places = served(400);

        assertThat(share(places, "a")).isBetween(260L, 340L);
        assertThat(share(places, "c")).isZero();
    }

    @Test
    void aTargetThatGoesMovesOnlyItsOwnAndTheyComeBack() {
        route(CONVERSATION, BalancePolicy.FAILOVER, "a/m", "b/m", "c/m");
        Map<String, String> before = served(100);
        fixture.provider("b").fault("credential env:B is not set");

        Map<String, String> without = served(100);

        before.forEach((value, place) -> {
            if (!place.equals("b")) {
                assertThat(without).containsEntry(value, place);
            }
        });
        assertThat(without.values()).doesNotContain("b").contains("a", "c");
        fixture.provider("b").fault(null);
        assertThat(served(100)).isEqualTo(before);
    }

    @Test
    void whereTheTargetFailsTheValuesNextOneServes() {
        route(CONVERSATION, BalancePolicy.FAILOVER, "a/m", "b/m", "c/m");
        String place = served("one", null);
        fixture.provider(place).answers(r -> Script.json("{}").status(503));

        String next = served("one", null);

        assertThat(next).isNotEqualTo(place);
        assertThat(served("one", null)).isEqualTo(next);
    }

    @Test
    void withoutTheHeaderTheStrategyChooses() {
        route(CONVERSATION, BalancePolicy.FAILOVER, "c/m", "b/m", "a/m");

        assertThat(served(null, null)).isEqualTo("c");
        assertThat(served("", null)).isEqualTo("c");
    }

    @Test
    void aUserIsTheKeysUserAndTheEndUserThatTheBodyNames() {
        route(Stickiness.USER, BalancePolicy.ROUND_ROBIN, "a/m", "b/m", "c/m");
        String keys = served(null, null);
        assertThat(served("ignored", null)).isEqualTo(keys);
        Map<String, String> places = new HashMap<>();
        for (int i = 0; i < 60; i++) {
            places.put("end-user-" + i, served(null, "end-user-" + i));
        }
        assertThat(places.values()).contains("a", "b", "c");
        places.forEach((user, place) -> assertThat(served(null, user)).isEqualTo(place));
    }
}
