package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.anthropic.FakeAnthropic;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The official JavaScript clients run their programmes straight to a provider and through the gateway, and observe the same. */
@Tag("sdk") // wants node, npm and a registry to install from
class NodeClientsTest {
    private static final Pattern REQUEST_ID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    private FakeProvider direct;
    private FakeProvider behind;
    private TestAppliance appliance;

    @BeforeAll
    static void install() throws Exception {
        NodeProgramme.install();
    }

    @BeforeEach
    void setUp() {
        direct = FakeProvider.start();
        behind = FakeProvider.start();
        appliance = TestAppliance.start();
    }

    @AfterEach
    void close() {
        appliance.close();
        behind.close();
        direct.close();
    }

    private String anthropicKey() {
        appliance.ctl("tenant", "create", "acme").value();
        appliance.provider("acme", "claude", "anthropic", behind.origin(), "sk-ant");
        return appliance.ctl("-t", "acme", "key", "create", "dev", "-q").value();
    }

    private void same(Map<String, JsonNode> expected, Map<String, JsonNode> actual) {
        new Comparison()
                .steps(expected, actual)
                .requests(direct.requests(), behind.requests())
                .verify();
        System.out.println(expected.size() + " steps, " + direct.requests().size() + " requests, no difference");
    }

    @Test
    void openAi() throws Exception {
        String key = appliance.tenantWithKey("acme", behind.baseUrl());
        Map<String, JsonNode> expected =
                NodeProgramme.observe("openai.mjs", direct.baseUrl().toString(), "sk-direct");
        Map<String, JsonNode> actual = NodeProgramme.observe("openai.mjs", appliance.gateway() + "/v1", key);

        assertThat(told(expected))
                .isEqualTo(Map.of(
                        "answer broken off: close", "APIConnectionError - - -: Connection error.",
                        "answer broken off: half", "TypeError - - -: terminated",
                        "stream broken off", "TypeError - - -: terminated"));
        assertThat(told(actual))
                .isEqualTo(Map.of(
                        "answer broken off: close",
                        "InternalServerError 502 upstream_error upstream_unreachable: 502 Provider `up` (model"
                                + " `fail-close`) closed the connection without an answer.",
                        "answer broken off: half",
                        "InternalServerError 502 upstream_error upstream_unreachable: 502 Provider `up` (model"
                                + " `fail-half`) broke off its answer.",
                        "stream broken off",
                        "APIError - upstream_error upstream_unreachable: Provider `up` (model `fail-cut`) broke off its"
                                + " answer."));
        same(expected, actual);
        assertThat(NodeProgramme.failed(expected)).allMatch(NodeClientsTest::mayFail);
        abortsWereSeen(expected);
    }

    @Test
    void anthropic() throws Exception {
        direct.otherwise(new FakeAnthropic());
        behind.otherwise(new FakeAnthropic());
        String key = anthropicKey();
        Map<String, JsonNode> expected = NodeProgramme.observe("anthropic.mjs", direct.origin(), "sk-direct");
        expected.forEach(NodeClientsTest::withoutCodingWhereLinksChange);
        Map<String, JsonNode> actual =
                NodeProgramme.observe("anthropic.mjs", appliance.gateway().toString(), key);

        assertThat(told(expected)).isEqualTo(Map.of("stream broken off", "TypeError - - -: terminated"));
        assertThat(told(actual))
                .isEqualTo(Map.of(
                        "stream broken off",
                        "APIError - api_error -: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"Provider"
                                + " `claude` (model `fail-cut`) broke off its answer.\"},\"request_id\":\"ID\"}"));
        same(expected, actual);
        assertThat(NodeProgramme.failed(expected)).allMatch(NodeClientsTest::mayFail);
        abortsWereSeen(expected);
    }

    @Test
    void everyMethodOfOpenAis() throws Exception {
        direct.otherwise(OpenAiJavaTest::echo);
        behind.otherwise(OpenAiJavaTest::echo);
        String key = appliance.tenantWithKey("acme", behind.baseUrl());
        Map<String, JsonNode> expected =
                NodeProgramme.observe("every.mjs", direct.baseUrl().toString(), "sk-direct", "openai");

        same(expected, NodeProgramme.observe("every.mjs", appliance.gateway() + "/v1", key, "openai"));
        assertThat(expected).hasSizeGreaterThan(200);
        assertThat(NodeProgramme.failed(expected))
                .as("wants numbers for an answer")
                .containsExactly("embeddings.create");
    }

    @Test
    void everyMethodOfAnthropics() throws Exception {
        direct.otherwise(OpenAiJavaTest::echo);
        behind.otherwise(OpenAiJavaTest::echo);
        String key = anthropicKey();
        Map<String, JsonNode> expected = NodeProgramme.observe("every.mjs", direct.origin(), "sk-direct", "anthropic");
        expected.forEach(NodeClientsTest::withoutCodingWhereLinksChange);

        same(expected, NodeProgramme.observe("every.mjs", appliance.gateway().toString(), key, "anthropic"));
        assertThat(expected).hasSizeGreaterThan(300);
        assertThat(NodeProgramme.failed(expected))
                .as("want a batch that has ended")
                .containsExactly("messages.batches.results", "beta.messages.batches.results");
    }

    /** Anthropic's batches name the address of their results, which becomes the gateway's: so it asks for them uncoded. */
    private static void withoutCodingWhereLinksChange(String step, JsonNode seen) {
        if (step.matches("batch.*|results that are not.*|(beta[.])?messages[.]batches[.].*")) {
            seen.forEach(note -> {
                if (note.path("fields") instanceof ObjectNode fields) {
                    fields.remove("content-encoding");
                }
            });
        }
    }

    /** The error of each step that broke midway, which is taken out: with the gateway in between it is the gateway's, typed. */
    private static Map<String, String> told(Map<String, JsonNode> steps) {
        Map<String, String> told = new TreeMap<>();
        steps.forEach((step, seen) -> seen.forEach(note -> {
            if (note instanceof ObjectNode fields && fields.path("told") instanceof ObjectNode how) {
                fields.remove("told");
                told.put(
                        step,
                        Stream.of("threw", "status", "type", "code")
                                        .map(name -> how.path(name).asString("-"))
                                        .collect(Collectors.joining(" "))
                                + ": "
                                + REQUEST_ID
                                        .matcher(how.path("message").asString("-"))
                                        .replaceAll("ID"));
            }
        }));
        return told;
    }

    private static boolean mayFail(String step) {
        return step.contains("answer")
                || step.contains("error")
                || step.contains("no more")
                || step.contains("helper")
                || step.contains("not there")
                || step.contains("abort");
    }

    private static void abortsWereSeen(Map<String, JsonNode> steps) {
        assertThat(steps.values().stream()
                        .map(seen -> seen.findValue("closedWithinASecond"))
                        .filter(found -> found != null))
                .hasSizeGreaterThanOrEqualTo(3)
                .allMatch(JsonNode::asBoolean);
    }
}
