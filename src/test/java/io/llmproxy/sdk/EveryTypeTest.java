package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.llmproxy.domain.model.ProviderApi;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.Quirk;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeSellers;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.ToldResults;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One unchanged programme for each dialect's client holds its conversation with a tool, streamed, with every type of provider. */
class EveryTypeTest {
    private static final List<String> CLIENTS = List.of("openai", "responses", "anthropic", "gemini", "ollama");
    /** Presets are among them; one of them calls no tools. */
    private static final List<String> IN_OPENAIS_FORMAT =
            types(kind -> kind.api() == ProviderApi.OPENAI && !kind.has(Quirk.NO_TOOLS));

    private static final List<String> BY_ORIGIN =
            types(kind -> kind.api() != ProviderApi.OPENAI && kind.api() != ProviderApi.SIMULATED);

    /** The others' tell what was called by its name. */
    private static final List<String> SEND_IDS_BACK = List.of("openai", "anthropic", "gemini");

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private static FakeProvider sellers;
    private static TestAppliance appliance;
    private static WeatherProgrammes programmes;
    private static String key;

    private static List<String> types(Predicate<ProviderKind> which) {
        return Arrays.stream(ProviderKind.values())
                .filter(which)
                .map(ProviderKind::word)
                .toList();
    }

    @BeforeAll
    static void start() {
        sellers = FakeProvider.start().otherwise(new FakeSellers());
        appliance = TestAppliance.start();
        appliance.ctl("tenant", "create", "acme").value();
        IN_OPENAIS_FORMAT.forEach(type -> create(type, sellers.baseUrl().toString()));
        BY_ORIGIN.forEach(type -> create(type, sellers.origin()));
        create("simulated", "simulated:?first-byte=0ms&tokens-per-second=0&calls=1");
        key = appliance.ctl("-t", "acme", "key", "create", "dev", "-q").value();
        programmes = new WeatherProgrammes(appliance.gateway(), key, EveryTypeTest::weather);
    }

    /** What the tool says; the simulated type asks about places that are no cities. */
    private static String weather(String asked) {
        return FakeSellers.RESULT
                + FakeSellers.CITIES.stream()
                        .filter(asked::contains)
                        .map(city -> " in " + city)
                        .collect(Collectors.joining());
    }

    @AfterAll
    static void stop() {
        programmes.close();
        appliance.close();
        sellers.close();
    }

    private static void create(String type, String baseUrl) {
        List<String> args = new ArrayList<>(List.of("-t", "acme", "provider", "create", type, "--type", type));
        args.addAll(List.of("--base-url", baseUrl, "--models", type + "-model"));
        if (type.equals("bedrock")) {
            args.addAll(List.of("--option", "region=us-east-1"));
        }
        if (type.equals("simulated")) {
            appliance.ctl(args.toArray(String[]::new)).value();
            return;
        }
        args.add("--api-key-stdin");
        String credential = type.equals("bedrock") ? "AKIDEXAMPLE:wJalrXUtnFEMIKEYEXAMPLE" : "sk-" + type;
        appliance.ctlWithInput(credential, args.toArray(String[]::new)).value();
    }

    static List<String> pairs() {
        List<String> pairs = new ArrayList<>();
        for (String client : CLIENTS) {
            IN_OPENAIS_FORMAT.forEach(type -> pairs.add(client + " " + type));
            BY_ORIGIN.forEach(type -> pairs.add(client + " " + type));
        }
        return pairs;
    }

    @ParameterizedTest
    @MethodSource("pairs")
    void holdsAConversationWithATool(String pair) throws Exception {
        String client = pair.substring(0, pair.indexOf(' '));
        String type = pair.substring(client.length() + 1);

        WeatherProgrammes.Outcome outcome = programmes.run(client, type + "-model", "Weather in Zürich?");

        assertThat(outcome.asked()).singleElement(STRING).contains("Zürich");
        assertThat(outcome.text()).isEqualTo(FakeSellers.REPLY);
        assertThat(ToldResults.of(sellers.lastRequest())).isEqualTo(Map.of(city("Zürich"), "sunny in Zürich"));
        if (type.equals("gemini") && SEND_IDS_BACK.contains(client)) {
            assertThat(sellers.lastRequest().text()).contains("\"" + FakeSellers.SIGNATURE + "\"");
        }
    }

    /** Two calls in one answer, with the same tool; both results go back at once. */
    @ParameterizedTest
    @MethodSource("pairs")
    void holdsAConversationWithTwoCallsAtOnce(String pair) throws Exception {
        String client = pair.substring(0, pair.indexOf(' '));
        String type = pair.substring(client.length() + 1);

        WeatherProgrammes.Outcome outcome = programmes.run(client, type + "-model", "Weather in Zürich and in Oslo?");

        assertThat(outcome.asked())
                .satisfiesExactly(
                        first -> assertThat(first).contains("Zürich"),
                        second -> assertThat(second).contains("Oslo"));
        assertThat(outcome.text()).isEqualTo(FakeSellers.REPLY);
        assertThat(ToldResults.of(sellers.lastRequest()))
                .isEqualTo(Map.of(city("Zürich"), "sunny in Zürich", city("Oslo"), "sunny in Oslo"));
    }

    private static JsonNode city(String name) {
        return JSON.createObjectNode().put("city", name);
    }

    /** It makes up its texts, and calls tools where it is told to. */
    @ParameterizedTest
    @ValueSource(strings = {"openai", "responses", "anthropic", "gemini", "ollama"})
    void theSimulatedTypeHoldsOneToo(String client) throws Exception {
        WeatherProgrammes.Outcome outcome = programmes.run(client, "simulated-model", "Weather in Zürich?");

        assertThat(outcome.asked()).singleElement(STRING).contains("Weather in Zürich?");
        assertThat(outcome.text()).contains("I am a simulated model");
    }

    /** Google's and Ollama's own clients in JavaScript; the other two are among the clients of {@link NodeClientsTest}. */
    @ParameterizedTest
    @Tag("sdk")
    @ValueSource(strings = {"gemini.mjs", "ollama.mjs"})
    void clientsFromNpmHoldOneToo(String programme) throws Exception {
        NodeProgramme.install();
        List<String> models = new ArrayList<>();
        IN_OPENAIS_FORMAT.forEach(type -> models.add(type + "-model"));
        BY_ORIGIN.forEach(type -> models.add(type + "-model"));

        Map<String, JsonNode> steps = NodeProgramme.observe(
                programme, appliance.gateway().toString(), key, String.join(",", models), FakeSellers.RESULT);

        assertThat(steps).containsOnlyKeys(models);
        steps.forEach((model, seen) -> {
            assertThat(seen.path(0).path("city").asString(""))
                    .as(model + ": " + seen)
                    .isEqualTo("Zürich");
            assertThat(seen.path(0).path("text").asString("")).as(model).isEqualTo(FakeSellers.REPLY);
        });
    }

    @Test
    void everyTypeIsAmongThem() {
        List<String> tried = new ArrayList<>(IN_OPENAIS_FORMAT);
        tried.addAll(BY_ORIGIN);
        tried.addAll(List.of("simulated", "perplexity"));

        assertThat(tried).containsExactlyInAnyOrderElementsOf(types(_ -> true));
    }

    /** What a type has no tools for is refused by name before anything is sent. */
    @Test
    void aTypeThatCallsNoToolsIsNotAskedTo() {
        create("perplexity", sellers.baseUrl().toString());
        int asked = sellers.requests().size();
        try (Http http = new Http(appliance.gateway(), key)) {
            String answer = http.post(
                            "/v1/messages",
                            "{\"model\":\"perplexity-model\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                                    + "\"tools\":[{\"name\":\"weather\",\"input_schema\":{\"type\":\"object\"}}]}")
                    .body();
            assertThat(answer).contains("`tools` is not supported", "perplexity");
            assertThat(sellers.requests()).hasSize(asked);
        }
    }

    @Test
    void theSimulatedTypeTalksToEveryClient() {
        try (Http http = new Http(appliance.gateway(), key)) {
            String user = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";
            String model = "\"model\":\"simulated-model\",\"max_tokens\":9,\"stream\":true,";
            assertThat(http.post("/v1/chat/completions", "{" + model + user + "}")
                            .body())
                    .endsWith("data: [DONE]\n\n");
            assertThat(http.post("/v1/messages", "{" + model + user + "}").body())
                    .endsWith("data: {\"type\":\"message_stop\"}\n\n");
            assertThat(http.post(
                                    "/v1beta/models/simulated-model:streamGenerateContent?alt=sse",
                                    "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}]}")
                            .body())
                    .contains("\"finishReason\":\"STOP\"");
            assertThat(http.post("/api/chat", "{\"model\":\"simulated-model\"," + user + "}")
                            .body())
                    .contains("\"done\":true");
        }
    }
}
