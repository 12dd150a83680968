package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The official JavaScript client runs {@code compare.mjs} straight to a provider and through the gateway, and observes the same. */
@Tag("proof") // wants node, npm and a registry to install from
class OpenAiNodeTest {
    /** The newest that runs on Node 20. */
    private static final String VERSION = "6.49.0";

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path PLACE = Path.of("target", "sdk-node").toAbsolutePath();

    @BeforeAll
    static void install() throws Exception {
        Files.createDirectories(PLACE);
        Files.writeString(PLACE.resolve("package.json"), """
                {"name": "compare", "private": true, "dependencies": {"openai": "%s"}}
                """.formatted(VERSION));
        try (InputStream script = OpenAiNodeTest.class.getResourceAsStream("compare.mjs")) {
            Files.write(
                    PLACE.resolve("compare.mjs"), Objects.requireNonNull(script).readAllBytes());
        }
        run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Path out = PLACE.resolve(command[0] + ".out");
        Path err = PLACE.resolve(command[0] + ".err");
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .directory(PLACE.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
        } catch (IOException e) {
            throw new AssertionError("This proof runs `" + command[0] + "`, of Node.js 20 or newer, from the PATH.", e);
        }
        if (!process.waitFor(3, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " took more than three minutes");
        }
        assertThat(process.exitValue())
                .as("%s: %s", List.of(command).subList(0, 2), Files.readString(err))
                .isZero();
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    @Test
    void observesTheSameThroughTheGateway() throws Exception {
        try (FakeProvider direct = FakeProvider.start();
                FakeProvider behind = FakeProvider.start();
                TestAppliance appliance = TestAppliance.builder()
                        .set("limits.user.requests", "0")
                        .set("limits.ip.requests", "0")
                        .start()) {
            String key = appliance.tenantWithKey("acme", behind.baseUrl());
            Map<String, JsonNode> expected = observed(direct.baseUrl().toString(), "sk-direct");
            Map<String, JsonNode> actual = observed(appliance.gateway() + "/v1", key);
            new Comparison()
                    .steps(expected, actual)
                    .requests(direct.requests(), behind.requests())
                    .verify();
            assertThat(failed(expected))
                    .allMatch(step -> step.contains("answer") || step.contains("error") || step.contains("no more"));
            System.out.println("openai " + VERSION + ": " + expected.size() + " steps, "
                    + direct.requests().size() + " requests, no difference");
        }
    }

    /** The steps that threw. */
    private static List<String> failed(Map<String, JsonNode> steps) {
        return steps.keySet().stream()
                .filter(step -> steps.getOrDefault(step, JSON.missingNode()).findValue("threw") != null)
                .toList();
    }

    private static Map<String, JsonNode> observed(String base, String key) throws Exception {
        Map<String, JsonNode> steps = new LinkedHashMap<>();
        run("node", "compare.mjs", base, key, ExpectedDifferences.ANSWER_FIELDS + "|" + ExpectedDifferences.HOP_BY_HOP)
                .lines()
                .map(JSON::readTree)
                .forEach(line -> {
                    JsonNode before = steps.put(line.path("step").asString(), line.path("seen"));
                    assertThat(before).as("an earlier step of the same name").isNull();
                });
        return steps;
    }
}
