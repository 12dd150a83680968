package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.anthropic.FakeAnthropic;
import java.util.Map;
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

        same(expected, NodeProgramme.observe("openai.mjs", appliance.gateway() + "/v1", key));
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

        same(
                expected,
                NodeProgramme.observe("anthropic.mjs", appliance.gateway().toString(), key));
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
