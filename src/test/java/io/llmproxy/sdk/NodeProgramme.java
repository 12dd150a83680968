package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A programme of {@code src/test/node}, run by Node.js with the clients that its lock file names. */
final class NodeProgramme {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Path SOURCES = Path.of("src", "test", "node");
    private static final Path PLACE = Path.of("target", "sdk-node").toAbsolutePath();

    private NodeProgramme() {}

    /** Installs the clients below {@code target}, unless they are there; wants npm and its registry. */
    static void install() throws IOException, InterruptedException {
        Files.createDirectories(PLACE);
        Path lock = PLACE.resolve("package-lock.json");
        boolean installed = Files.exists(PLACE.resolve("node_modules/.package-lock.json"))
                && Files.exists(lock)
                && Files.mismatch(lock, SOURCES.resolve("package-lock.json")) < 0;
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.toList()) {
                Files.copy(file, PLACE.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        run("node", "--version");
        if (!installed) {
            run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error");
        }
    }

    /** What {@code script} observed, by the name of the step. */
    static Map<String, JsonNode> observe(String script, String base, String key, String... more) throws Exception {
        String leftOut = ExpectedDifferences.ANSWER_FIELDS + "|" + ExpectedDifferences.HOP_BY_HOP;
        List<String> command = new ArrayList<>(List.of("node", script, base, key, leftOut));
        command.addAll(List.of(more));
        Map<String, JsonNode> steps = new LinkedHashMap<>();
        run(command.toArray(String[]::new)).lines().map(JSON::readTree).forEach(line -> {
            JsonNode before = steps.put(line.path("step").asString(), line.path("seen"));
            assertThat(before).as("an earlier step of the same name").isNull();
        });
        return steps;
    }

    /** The steps that threw. */
    static List<String> failed(Map<String, JsonNode> steps) {
        return steps.keySet().stream()
                .filter(step -> steps.getOrDefault(step, JSON.missingNode()).findValue("threw") != null)
                .toList();
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
            throw new AssertionError(
                    "This runs `" + command[0]
                            + "`, of Node.js 20 or newer: install it (Debian: apt install nodejs npm; or"
                            + " https://nodejs.org), and have it on the PATH.",
                    e);
        }
        if (!process.waitFor(5, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(String.join(" ", command) + " took more than five minutes");
        }
        assertThat(process.exitValue())
                .as("%s: %s", List.of(command).subList(0, 2), Files.readString(err))
                .isZero();
        return Files.readString(out, StandardCharsets.UTF_8);
    }
}
