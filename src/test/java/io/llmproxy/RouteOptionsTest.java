package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every option of {@code llmproxyctl route} as an operator gives it: it is taken, shown, and decides where requests go. */
class RouteOptionsTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String USER = "ann@example.com";

    private static FakeProvider first;
    private static FakeProvider second;
    private static TestAppliance appliance;
    private static Http plain;
    private static Http anns;
    private static String annsId;

    @BeforeAll
    static void start() {
        first = FakeProvider.start();
        second = FakeProvider.start();
        appliance = TestAppliance.start();
        plain = new Http(appliance.gateway(), appliance.tenantWithKey("acme", first.baseUrl()));
        appliance.provider("acme", "spare", "openai", second.baseUrl().toString(), "sk-second", "--models", "none-*");
        appliance.provider(
                "acme",
                "hasty",
                "openai",
                first.baseUrl().toString(),
                "sk-third",
                "--models",
                "none-*",
                "--first-byte-timeout",
                "300ms");
        annsId = appliance.ctl("-t", "acme", "user", "create", USER, "-q").value();
        anns = new Http(
                appliance.gateway(),
                appliance
                        .ctl("-t", "acme", "key", "create", "hers", "--user", USER, "--label", "team=blue", "-q")
                        .value());
    }

    @AfterAll
    static void stop() {
        plain.close();
        anns.close();
        appliance.close();
        first.close();
        second.close();
    }

    @AfterEach
    void delete() {
        first.restore(CHAT);
        route("delete", "r", "--yes");
    }

    private static Ctl route(String... args) {
        List<String> all = new ArrayList<>(List.of("-t", "acme", "route"));
        all.addAll(List.of(args));
        return appliance.ctl(all.toArray(String[]::new));
    }

    private static String shown() {
        return route("show", "r", "-o", "json").value();
    }

    private static String body(String model) {
        return "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    }

    private static HttpResponse<String> sent(Http client, String path, String model, String... header) {
        HttpRequest.Builder request = client.request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body(model)));
        if (header.length > 0) {
            request.header(header[0], header[1]);
        }
        return client.send(request);
    }

    private static String served(Http client, String path, String model, String... header) {
        return sent(client, path, model, header)
                .headers()
                .firstValue("x-llmproxy-provider")
                .orElse("");
    }

    @ParameterizedTest
    @CsvSource({
        "--match-path,/v1/chat/*,matchPath",
        "--match-header,x-team=bl*,matchHeaders",
        "--match-host,127.0.0.*,matchHost",
        "--match-user,*@example.com,matchUser",
        "--match-user,ID,matchUser",
        "--match-label,team=blue,matchLabels"
    })
    void aConditionTakesItsRequestsAndNoOthers(String option, String condition, String member) {
        String glob = condition.replace("ID", annsId);
        route("create", "r", option, glob, "--target", "spare/*").value();

        assertThat(shown()).contains("\"" + member + "\"", glob.substring(glob.indexOf('=') + 1));
        assertThat(served(anns, CHAT, "gpt-4o", "X-Team", "blue")).isEqualTo("spare");

        String other = option.equals("--match-header") || option.equals("--match-label")
                ? glob.substring(0, glob.indexOf('=')) + "=nobody"
                : "nobody";
        route("update", "r", option, other).value();
        assertThat(served(anns, CHAT, "gpt-4o", "X-Team", "blue")).isEqualTo("up");
    }

    @Test
    void severalConditionsMustAllHold() {
        route(
                        "create",
                        "r",
                        "--match-user",
                        USER,
                        "--match-header",
                        "x-a=1",
                        "--match-header",
                        "x-b=*",
                        "--match-label",
                        "team=blue",
                        "--target",
                        "spare/*")
                .value();

        assertThat(served(anns, CHAT, "gpt-4o", "X-A", "1")).as("without x-b").isEqualTo("up");
        route("update", "r", "--match-header", "none").value();
        assertThat(served(anns, CHAT, "gpt-4o", "X-A", "1")).isEqualTo("spare");
        assertThat(served(plain, CHAT, "gpt-4o", "X-A", "1")).as("no user").isEqualTo("up");
    }

    @ParameterizedTest
    @CsvSource({"failover", "round-robin", "weighted", "least-latency", "cost"})
    void aStrategyChoosesAmongItsTargets(String strategy) {
        route("create", "r", "--strategy", strategy, "--target", "up/gpt-4o=1", "--target", "spare/gpt-4o-mini=0")
                .value();
        Set<String> places = new HashSet<>();
        for (int i = 0; i < 6; i++) {
            places.add(served(plain, CHAT, "r"));
        }

        assertThat(shown()).contains("\"strategy\": \"" + strategy + "\"");
        switch (strategy) {
            case "failover", "weighted" -> assertThat(places).containsExactly("up");
            case "cost" -> assertThat(places).as("mini costs less").containsExactly("spare");
            case "round-robin" -> assertThat(places).containsExactlyInAnyOrder("up", "spare");
            // which of them is faster is for RoutingTest, whose providers are slow as they are told
            default -> assertThat(places).isNotEmpty().isSubsetOf("up", "spare");
        }
    }

    @Test
    void stickyKeepsAValueWithItsTarget() {
        route(
                        "create",
                        "r",
                        "--strategy",
                        "round-robin",
                        "--sticky",
                        "header:x-chat",
                        "--target",
                        "up/gpt-4o",
                        "--target",
                        "spare/gpt-4o")
                .value();
        Set<String> places = new HashSet<>();
        for (int value = 0; value < 40; value++) {
            String place = served(plain, CHAT, "r", "X-Chat", "chat-" + value);
            assertThat(served(plain, CHAT, "r", "X-Chat", "chat-" + value)).isEqualTo(place);
            places.add(place);
        }

        assertThat(shown()).contains("\"sticky\": \"header:x-chat\"");
        assertThat(places).containsExactlyInAnyOrder("up", "spare");
    }

    @Test
    void retriesBeginAgainWithTheTargets() {
        AtomicInteger asked = new AtomicInteger();
        first.on(CHAT, c -> {
            boolean good = asked.incrementAndGet() > 1;
            Script.answer(good ? 200 : 503, good ? "{\"choices\":[]}" : "{}", "Content-Type", "application/json")
                    .play(c);
        });
        route("create", "r", "--target", "up/gpt-4o").value();
        assertThat(sent(plain, CHAT, "r").statusCode()).isEqualTo(503);

        asked.set(0);
        route("update", "r", "--retries", "1").value();
        assertThat(sent(plain, CHAT, "r").statusCode()).isEqualTo(200);
        assertThat(shown()).contains("\"retries\": 1");
    }

    @Test
    void timeoutsAreFollowedOnlyWhereTheRouteSaysSo() {
        first.on(CHAT, Script.silence());
        route("create", "r", "--target", "hasty/gpt-4o", "--target", "spare/gpt-4o")
                .value();
        assertThat(sent(plain, CHAT, "r").statusCode()).isEqualTo(504);

        route("update", "r", "--retry-timeouts").value();
        assertThat(served(plain, CHAT, "r")).isEqualTo("spare");
        assertThat(shown()).contains("\"retryTimeouts\": true");

        route("update", "r", "--no-retry-timeouts").value();
        assertThat(shown()).contains("\"retryTimeouts\": false");
    }

    @Test
    void timeoutBoundsARequestWithAllItsAttempts() {
        first.on(CHAT, Script.silence());
        route("create", "r", "--target", "up/gpt-4o", "--timeout", "400ms").value();

        assertThat(sent(plain, CHAT, "r").statusCode()).isEqualTo(504);
        assertThat(shown()).contains("\"timeout\"");
    }

    @Test
    void aTimeoutOfAllBoundsWhatNoRouteBounds() {
        String chat = "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
        try (FakeProvider silent = FakeProvider.start();
                TestAppliance bounded = TestAppliance.builder()
                        .set("resilience.timeout", "500ms")
                        .start()) {
            try (Http client = new Http(bounded.gateway(), bounded.tenantWithKey("acme", silent.baseUrl()))) {
                silent.on(CHAT, Script.silence());
                assertThat(client.post(CHAT, chat).statusCode()).isEqualTo(504);
                bounded.ctl("-t", "acme", "route", "create", "r", "--target", "up/gpt-4o", "--timeout", "30s")
                        .value();
                silent.on(CHAT, c -> {
                    Thread.sleep(1000);
                    Script.answer(200, "{}", "Content-Type", "application/json").play(c);
                });
                assertThat(client.post(CHAT, chat.replace("gpt-4o", "r")).statusCode())
                        .isEqualTo(200);
            }
        }
    }

    @Test
    void aSharedRouteIsEveryTenants() {
        appliance
                .ctlWithInput(
                        "sk-pool",
                        "provider",
                        "create",
                        "pool",
                        "--type",
                        "openai",
                        "--base-url",
                        second.baseUrl().toString(),
                        "--models",
                        "pooled",
                        "--shared",
                        "--api-key-stdin")
                .value();
        appliance
                .ctl("route", "create", "ours", "--shared", "--target", "pool/gpt-4o")
                .value();

        assertThat(served(plain, CHAT, "ours")).isEqualTo("pool");
        assertThat(appliance.ctl("route", "list", "--shared").out()).contains("ours");
        route("create", "ours", "--target", "up/gpt-4o").value();
        assertThat(served(plain, CHAT, "ours")).as("its own hides it").isEqualTo("up");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--match-header|x-team|--match-header",
                "--match-header|x team=1|header",
                "--match-label|team|--match-label",
                "--strategy|dearest|failover",
                "--sticky|header:|user or header:NAME",
                "--require|eyes|vision",
                "--retries|-1|retries",
                "--retries|many|--retries",
                "--timeout|soon|--timeout",
                "--timeout|0s|timeout",
                "--target|up|up",
                "--target|/m|target"
            })
    void aWrongValueIsRefusedByItsName(String option, String value, String named) {
        List<String> args = new ArrayList<>(List.of("create", "r", option, value));
        if (!option.equals("--target")) {
            args.addAll(List.of("--target", "up/gpt-4o"));
        }
        Ctl refused = route(args.toArray(String[]::new));

        assertThat(refused.code()).as(refused.err()).isIn(1, 2);
        assertThat(refused.err()).containsIgnoringCase(named);
        assertThat(route("show", "r").code()).isEqualTo(4);
    }
}
