package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class HelpTest {
    static Stream<CommandSpec> commands() {
        List<CommandSpec> all = new ArrayList<>();
        collect(CommandTree.whole(), all);
        return all.stream();
    }

    private static void collect(CommandLine command, List<CommandSpec> all) {
        all.add(command.getCommandSpec());
        command.getSubcommands().values().forEach(child -> collect(child, all));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyCommandDescribesItselfWithExamples(CommandSpec spec, @TempDir Path directory) {
        List<String> line = new ArrayList<>(List.of(spec.qualifiedName().split(" ")));
        line.remove(0);
        line.add("--help");
        CtlRun ctl = new CtlRun(directory);

        assertThat(ctl.run(line.toArray(String[]::new))).isZero();

        assertThat(ctl.out().lines().findFirst().orElseThrow()).endsWith(".").hasSizeLessThan(100);
        assertThat(ctl.out()).contains("\nUSAGE\n  " + spec.qualifiedName());
        assertThat(ctl.out().substring(ctl.out().indexOf("\nEXAMPLES\n"))).contains("llmproxyctl ");
        assertThat(spec.options()).allMatch(option -> option.description().length == 1);
        assertThat(spec.positionalParameters()).allMatch(argument -> argument.description().length == 1);
    }

    @ParameterizedTest
    @MethodSource("commands")
    void everyExampleIsACommandThatParses(CommandSpec spec) {
        for (String example : spec.usageMessage().footer()) {
            String line = example.substring(example.indexOf("llmproxyctl ") + "llmproxyctl ".length());
            line = line.replaceAll("\\)$| \\|.*$| [<>] .*$", "").replace("'", "");
            List<String> words = List.of(
                    line.replace("Acme Inc.", "Acme").replace("Ada L.", "Ada").split(" "));
            CommandLine.ParseResult result = CommandTree.forLine(words).parseArgs(words.toArray(String[]::new));
            assertThat(result.hasSubcommand()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/prices.md", "docs/operations.md"})
    void everyCommandOfTheDocumentationParses(String page) throws IOException {
        List<String> commands = Files.readAllLines(Path.of(page)).stream()
                .filter(line -> line.startsWith("    llmproxyctl "))
                .map(line -> line.strip().replaceFirst("  .*", "").replace("'", ""))
                .toList();
        assertThat(commands).hasSizeGreaterThan(10).allSatisfy(command -> {
            List<String> words =
                    List.of(command.substring("llmproxyctl ".length()).split(" "));
            assertThat(CommandTree.forLine(words)
                            .parseArgs(words.toArray(String[]::new))
                            .hasSubcommand())
                    .isTrue();
        });
    }

    @Test
    void knowsTheNounsAndVerbsOfTheContract() {
        assertThat(commands().map(CommandSpec::qualifiedName))
                .contains(
                        "llmproxyctl tenant create",
                        "llmproxyctl tenant activate",
                        "llmproxyctl tenant suspend",
                        "llmproxyctl tenant delete",
                        "llmproxyctl user update",
                        "llmproxyctl user delete",
                        "llmproxyctl key revoke",
                        "llmproxyctl key rotate",
                        "llmproxyctl key revoke-all",
                        "llmproxyctl provider enable",
                        "llmproxyctl provider disable",
                        "llmproxyctl provider test",
                        "llmproxyctl price list",
                        "llmproxyctl price show",
                        "llmproxyctl price set",
                        "llmproxyctl price import",
                        "llmproxyctl price delete",
                        "llmproxyctl usage report",
                        "llmproxyctl usage tail",
                        "llmproxyctl usage export",
                        "llmproxyctl log level",
                        "llmproxyctl log search",
                        "llmproxyctl top",
                        "llmproxyctl support-bundle",
                        "llmproxyctl status",
                        "llmproxyctl health",
                        "llmproxyctl version",
                        "llmproxyctl completion");
    }

    @Test
    void aPricesOutputIsNoFormat(@TempDir Path directory) {
        CtlRun ctl = new CtlRun(directory);
        assertThat(ctl.run("price", "set", "--help")).isZero();
        assertThat(ctl.out())
                .containsPattern("\\n  --output USD +output")
                .containsPattern("GLOBAL OPTIONS[^$]*\\n  -o FORMAT +table, json");
    }

    @Test
    void saysWhichPriorityWins(@TempDir Path directory) {
        CtlRun ctl = new CtlRun(directory);
        assertThat(ctl.run("provider", "create", "--help")).isZero();
        assertThat(ctl.out()).containsPattern("--priority N +higher is preferred");
    }

    @Test
    void bashAcceptsItsCompletionScriptAndCompletes(@TempDir Path directory) throws Exception {
        CtlRun ctl = new CtlRun(directory);
        assertThat(ctl.run("completion", "bash")).isZero();
        Path script = Files.writeString(directory.resolve("c"), ctl.out());

        assertThat(bash("bash -n " + script)).isEmpty();
        assertThat(bash("source " + script
                        + "; COMP_WORDS=(llmproxyctl tenant sus); COMP_CWORD=2; COMP_LINE='llmproxyctl tenant sus';"
                        + " _complete_llmproxyctl 2>/dev/null; echo ${COMPREPLY[@]}"))
                .isEqualTo("suspend\n");
    }

    @Test
    void zshAndFishHaveTheirScripts(@TempDir Path directory) {
        CtlRun ctl = new CtlRun(directory);
        assertThat(ctl.run("completion", "zsh")).isZero();
        assertThat(ctl.out())
                .startsWith("#compdef llmproxyctl\n")
                .contains("bashcompinit")
                .contains("_complete_llmproxyctl");
        assertThat(ctl.run("completion", "fish")).isZero();
        assertThat(ctl.out())
                .contains("-a tenant -d ")
                .contains("-n '__fish_seen_subcommand_from key; and __fish_seen_subcommand_from rotate' -l grace -r")
                .contains("-a 'table json jsonl yaml csv name'");
        assertThat(ctl.out().lines()).allMatch(line -> line.startsWith("complete -c llmproxyctl"));
    }

    private static String bash(String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder("bash", "-c", command)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
