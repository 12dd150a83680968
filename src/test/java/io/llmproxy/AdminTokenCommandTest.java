package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminTokenCommandTest {
    private static final String TOKEN = "llmpa_[0-9A-Za-z]{43}";

    @TempDir
    Path directory;

    private record Ran(int code, String out, String err) {}

    private static Ran run(String... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Main.run(
                args,
                Map.of(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Ran(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void printsTheTokenAndItsLine() {
        Ran made = run(
                "admin-token", "ci", "--role", "tenant-admin", "--tenant", "acme", "--expires", "2999-01-01T00:00:00Z");
        assertThat(made.code).as(made.err).isEqualTo(2); // too far away
        made = run("admin-token", "ci", "--role", "tenant-admin", "--tenant", "acme");
        assertThat(made.code).isZero();
        String[] lines = made.out.split("\n");
        assertThat(lines).hasSize(2);
        assertThat(lines[0]).matches(TOKEN);
        assertThat(lines[1]).matches("ci role=tenant-admin tenant=acme sha256=[0-9a-f]{64}");
        assertThat(made.err).doesNotContain(lines[0]);
    }

    @Test
    void writesTheLineAndPrintsTheTokenAlone() throws Exception {
        Path file = directory.resolve("tokens");
        Ran made = run("admin-token", "ops", "--role", "admin", "--expires", "30d", "--add-to", file.toString());
        assertThat(made.code).as(made.err).isZero();
        assertThat(made.out.strip()).matches(TOKEN);
        assertThat(Files.readString(file)).contains("ops role=admin expires=").doesNotContain(made.out.strip());
        Ran again = run("admin-token", "ops", "--role", "admin", "--add-to", file.toString());
        assertThat(again.code).isEqualTo(StartException.FAILURE);
        assertThat(again.out).isEmpty();
        assertThat(again.err).contains("stands in a line above already");
        assertThat(run("admin-token", "ops", "--remove-from", file.toString()).code)
                .isZero();
        assertThat(Files.readString(file)).doesNotContain("ops role");
    }

    @Test
    void refusesWhatMakesNoSense() {
        for (String[] wrong : new String[][] {
            {},
            {"ci"},
            {"ci", "--role", "king"},
            {"ci", "--role", "user", "--tenant", "acme"},
            {"ci", "--role", "tenant-admin"},
            {"ci", "--role", "admin", "--tenant", "acme"},
            {"two words", "--role", "admin"},
            {"ci", "--role", "admin", "--expires", "yesterday"},
            {"ci", "--role", "admin", "--remove-from", "/nowhere"},
            {"ci", "dd", "--role", "admin"}
        }) {
            String[] args = new String[wrong.length + 1];
            args[0] = "admin-token";
            System.arraycopy(wrong, 0, args, 1, wrong.length);
            Ran refused = run(args);
            assertThat(refused.code).as(String.join(" ", args)).isEqualTo(StartException.USAGE);
            assertThat(refused.out).isEmpty();
            assertThat(refused.err).startsWith("llmproxy: ");
        }
    }

    @Test
    void itsHelpShowsHow() {
        assertThat(run("admin-token", "--help").out).contains("--add-to", "--remove-from", "tenant-admin", "Examples");
    }
}
