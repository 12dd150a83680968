package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.cli.CtlInDirectory;
import io.llmproxy.testing.DocumentedCommands;
import io.llmproxy.testing.ProgramBridge;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The pages for operators: every command in them is run, in order, against a running appliance with the tenant {@code acme}, which has a
 * simulated provider {@code sim} and a key {@code dev}; what a page shows of the output is compared. See {@link DocumentedCommands} for
 * those that cannot be run here.
 */
class DocumentationTest {
    /** Directories of the system, which a page names and a test leaves alone. */
    private static final List<String> SYSTEM = List.of(
            "/tmp",
            "/etc/llmproxy",
            "/var/lib/llmproxy",
            "/var/log/llmproxy",
            "/var/backups/llmproxy",
            "/srv/llmproxy",
            "/root");

    private final Path directory;

    DocumentationTest(@TempDir Path directory) {
        this.directory = directory;
    }

    private TestAppliance start() {
        TestAppliance appliance = TestAppliance.builder()
                .set(
                        "log.file.path",
                        directory.resolve("var/log/llmproxy/llmproxy.log").toString())
                .set("log.level", "info")
                .environment("OPENAI_API_KEY", "sk-of-the-page")
                .start();
        appliance.ctl("tenant", "create", "acme").value();
        appliance
                .ctl("-t", "acme", "provider", "create", "sim", "--type", "simulated")
                .value();
        appliance.ctl("-t", "acme", "key", "create", "dev").value();
        return appliance;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "install.md",
                "declarative.md",
                "configuration.md",
                "security.md",
                "upgrade.md",
                "tune.md",
                "troubleshoot.md"
            })
    void everyCommandOfThePageWorks(String name) throws Exception {
        try (TestAppliance appliance = start()) {
            works(appliance, DocumentedCommands.of(Path.of("docs", name)));
        }
    }

    /** Of the manual, which has a provider with a well-known name. */
    @Test
    @Tag("proof")
    void everyCommandOfTheManualWorks() throws Exception {
        try (TestAppliance appliance = start()) {
            appliance
                    .ctl("-t", "acme", "provider", "create", "openai", "--type", "simulated")
                    .value();
            works(appliance, DocumentedCommands.indented(Path.of("docs/operations.md")));
        }
    }

    private void works(TestAppliance appliance, List<DocumentedCommands> blocks) throws Exception {
        assertThat(blocks).isNotEmpty();
        Path page = Files.createTempDirectory(directory, "page");
        Path bin = Files.createDirectories(page.resolve("bin"));
        Path here = Files.createDirectories(page.resolve("work"));
        for (String place : SYSTEM) {
            Files.createDirectories(directory.resolve(place.substring(1)));
        }
        Map<String, String> environment =
                Map.of("LLMPROXY_SOCKET", appliance.appliance().socket().toString());
        Map<String, ProgramBridge.Program> programs = Map.of(
                "llmproxyctl",
                (at, args, out, err, in) -> CtlInDirectory.run(at, args, environment, out, err, in),
                "llmproxy",
                (at, args, out, err, in) -> Main.run(args, Map.of(), out, err));
        try (ProgramBridge bridge = ProgramBridge.start(bin, programs)) {
            assertThat(bridge).isNotNull();
            run(
                    appliance,
                    blocks.stream().filter(block -> block.reason().isEmpty()).toList(),
                    bin,
                    here);
        }
    }

    /** One shell for the whole page: what a block sets, those behind it have. */
    private void run(TestAppliance appliance, List<DocumentedCommands> blocks, Path bin, Path here) throws Exception {
        StringBuilder script = new StringBuilder("set -euo pipefail\n");
        for (int i = 0; i < blocks.size(); i++) {
            String commands = local(appliance, String.join("\n", blocks.get(i).commands()));
            script.append("echo ").append(i).append(" > at\n{\n").append(commands);
            script.append("\n} > out.").append(i).append(" 2>&1\n");
        }
        Path file = Files.writeString(bin.resolve("page.sh"), script.append("echo done > at\n"));
        ProcessBuilder shell = new ProcessBuilder("bash", file.toString())
                .directory(here.toFile())
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(here.resolve("shell").toFile());
        shell.environment().put("PATH", bin + ":" + System.getenv("PATH"));
        Process process = shell.start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("the page ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        String at = Files.readString(here.resolve("at")).strip();
        if (!at.equals("done")) {
            throw new AssertionError(blocks.get(Integer.parseInt(at)).place() + " failed:\n"
                    + Files.readString(here.resolve("out." + at)) + Files.readString(here.resolve("shell")));
        }
        for (int i = 0; i < blocks.size(); i++) {
            String output = Files.readString(here.resolve("out." + i));
            assertThat(blocks.get(i).missing(output))
                    .as(blocks.get(i).place() + " shows a line that was not printed; printed was\n" + output)
                    .isEmpty();
        }
    }

    private String local(TestAppliance appliance, String commands) {
        String text = commands.replace("127.0.0.1:8080", appliance.gateway().getAuthority())
                .replace(
                        "127.0.0.1:8081",
                        Objects.requireNonNull(appliance.appliance().adminUrl()).replace("http://", ""));
        for (String place : SYSTEM) {
            text = text.replaceAll("(?<![A-Za-z0-9._-])" + place + "(?![A-Za-z0-9._-])", directory + place);
        }
        return text;
    }

    @Test
    void whatIsNotRunSaysWhyAndWhoRunsItInstead() throws IOException {
        List<String> wrong = new ArrayList<>();
        try (var pages = Files.list(Path.of("docs"))) {
            for (Path page :
                    pages.filter(p -> p.toString().endsWith(".md")).sorted().toList()) {
                for (DocumentedCommands block : DocumentedCommands.of(page)) {
                    boolean said = block.reason().isEmpty() || block.reason().matches(".{10,}; tested by \\S.*");
                    if (!said) {
                        wrong.add(block.place() + ": " + block.reason());
                    }
                }
            }
        }
        assertThat(wrong).as("of the form: REASON; tested by TEST").isEmpty();
    }

    @Test
    void outputIsComparedLooselyInOrder() throws IOException {
        Path page =
                Files.writeString(directory.resolve("page.md"), "# P\n\n```sh\nx\n```\n\n```text\na …  c\n+ d\n```\n");
        DocumentedCommands block = DocumentedCommands.of(page).getFirst();
        assertThat(block.missing("first\n a  b b  c\nmore\n+ d")).isEmpty();
        assertThat(block.missing("+ d\na b c")).isEqualTo("+ d");
        assertThat(block.place()).endsWith("page.md:4");
    }
}
