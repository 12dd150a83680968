package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeSellers;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One unchanged programme for each dialect's client holds its conversation with a tool, streamed, with every type of provider. */
class EveryTypeTest {
    private static final List<String> CLIENTS = List.of("openai", "anthropic", "gemini", "ollama");
    private static final List<String> IN_OPENAIS_FORMAT = List.of("openai", "mistral", "huggingface", "custom");
    private static final List<String> BY_ORIGIN =
            List.of("azure", "anthropic", "gemini", "ollama", "cohere", "bedrock");

    /** The others' tell what was called by its name. */
    private static final List<String> SEND_IDS_BACK = List.of("openai", "anthropic", "gemini");

    private static FakeProvider sellers;
    private static TestAppliance appliance;
    private static WeatherProgrammes programmes;
    private static String key;

    @BeforeAll
    static void start() {
        sellers = FakeProvider.start().otherwise(new FakeSellers());
        appliance = TestAppliance.start();
        appliance.ctl("tenant", "create", "acme").value();
        IN_OPENAIS_FORMAT.forEach(type -> create(type, sellers.baseUrl().toString()));
        BY_ORIGIN.forEach(type -> create(type, sellers.origin()));
        create("simulated", "simulated:?first-byte=0ms&tokens-per-second=0");
        key = appliance.ctl("-t", "acme", "key", "create", "dev", "-q").value();
        programmes = new WeatherProgrammes(appliance.gateway(), key, FakeSellers.RESULT);
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

        WeatherProgrammes.Outcome outcome = programmes.run(client, type + "-model");

        assertThat(outcome.city()).contains("Zürich");
        assertThat(outcome.text()).isEqualTo(FakeSellers.REPLY);
        assertThat(sellers.lastRequest().text()).contains("Zürich", FakeSellers.RESULT);
        if (type.equals("gemini") && SEND_IDS_BACK.contains(client)) {
            assertThat(sellers.lastRequest().text()).contains("\"" + FakeSellers.SIGNATURE + "\"");
        }
    }

    /** It makes up texts and calls no tools. */
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
