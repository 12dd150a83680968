package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The audit of administration through the real llmproxyctl: what is in it, and what becomes of whoever changes it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AuditTest {
    private static final String CANARY = "sk-canary-0123456789abcdef";
    private final TestAppliance appliance = TestAppliance.start();
    private List<String> export = List.of();

    @TempDir
    Path directory = Path.of("/");

    @BeforeAll
    void administer() {
        ctl("tenant", "create", "acme", "--name", "Ac\"me\\ \u00e4").value();
        String secret = ctl("-t", "acme", "key", "create", "dev", "-q").value();
        appliance
                .ctlWithInput(
                        CANARY,
                        "-t",
                        "acme",
                        "provider",
                        "create",
                        "up",
                        "--type",
                        "openai",
                        "--base-url",
                        "http://127.0.0.1:9/v1",
                        "--api-key-stdin",
                        "--header",
                        "x-secret=" + CANARY)
                .value();
        // signs what is there so far
        export();
        ctl("tenant", "update", "acme", "--max-users", "5").value();
        ctl("tenant", "update", "acme", "--max-users", "7").value();
        ctl("-t", "acme", "key", "revoke", "dev", "--yes").value();
        export = export();
        assertThat(String.join("\n", export)).doesNotContain(CANARY).doesNotContain(secret);
    }

    @AfterAll
    void stop() {
        appliance.close();
    }

    private Ctl ctl(String... args) {
        return appliance.ctl(args);
    }

    private List<String> export() {
        return ctl("-t", "acme", "audit", "export").value().lines().toList();
    }

    private Ctl verify(List<String> lines, String... more) {
        try {
            Path file = directory.resolve("audit.jsonl");
            Files.write(file, lines);
            List<String> all = new ArrayList<>(List.of("audit", "verify", file.toString()));
            Collections.addAll(all, more);
            return ctl(all.toArray(String[]::new));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void saysWhoChangedWhatFromWhatToWhat() {
        String events = ctl("-t", "acme", "audit", "list", "--action", "tenant.update", "-o", "jsonl")
                .value();
        assertThat(events.lines().findFirst().orElseThrow())
                .contains("\"actor\":\"unix:")
                .contains("\"address\":\"socket\"")
                .contains("\"before\":{\"maxUsers\":\"5\"}")
                .contains("\"after\":{\"maxUsers\":\"7\"}");
        assertThat(ctl("-t", "acme", "audit", "list", "-o", "jsonl").value())
                .doesNotContain(CANARY)
                .contains("provider.create");
    }

    @Test
    void anExportIsSoundAndAServerIsNotNeededToSaySo() {
        Ctl sound = verify(export);
        assertThat(sound.value()).startsWith("sound: 6 events in 1 chain");
        String key = ctl("audit", "export", "--public-key").value();
        assertThat(verify(export, "--key", key).code()).isZero();
        Ctl other = verify(export, "--key", "0".repeat(32));
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.err()).contains("line 1: signed by the key");
    }

    @Test
    void theServersOwnLogIsSound() {
        assertThat(ctl("audit", "verify").value()).startsWith("sound: ");
        assertThat(ctl("-t", "acme", "audit", "verify").value()).contains("in 1 chain");
    }

    @Test
    void anyChangedLineIsNamed() {
        for (int i = 0; i < export.size(); i++) {
            String line = export.get(i);
            for (int at = 0; at < line.length(); at += 13) {
                char other = line.charAt(at) == 'x' ? 'y' : 'x';
                List<String> changed = new ArrayList<>(export);
                changed.set(i, line.substring(0, at) + other + line.substring(at + 1));
                refusedAt(i + 1, i + 1, verify(changed));
            }
        }
    }

    /** Whoever reads the line, and takes the first of two or what nothing is signed over, would be told something false. */
    @Test
    void anyAddedMemberIsNamed() {
        for (int i = 0; i < export.size(); i++) {
            String line = export.get(i);
            for (int at = line.indexOf('{'); at >= 0; at = line.indexOf('{', at + 1)) {
                String name = line.substring(at + 2, Math.max(at + 2, line.indexOf('"', at + 2)));
                for (String added : List.of(
                        "\"" + name + "\":\"evil\"",
                        "\"unknown\":\"x\"",
                        "\"unknown\":null",
                        "\"unknown\":{}",
                        "\"unknown\":[]",
                        "\"actor\":\"evil\"",
                        "\"actor\":null",
                        "\"before\":null",
                        "\"signature\":null",
                        "\"hash\":null")) {
                    String more = line.charAt(at + 1) == '}' ? "" : ",";
                    List<String> changed = new ArrayList<>(export);
                    changed.set(i, line.substring(0, at + 1) + added + more + line.substring(at + 1));
                    refusedAt(i + 1, i + 1, verify(changed));
                }
            }
        }
    }

    @Test
    void aNumberInAnotherSpellingIsNamed() {
        List<String> changed = new ArrayList<>(export);
        changed.set(1, export.get(1).replaceFirst("\"number\":1\\b", "\"number\":1E0"));
        assertThat(changed).isNotEqualTo(export);
        refusedAt(2, 2, verify(changed));
    }

    @Test
    void anyMissingLineIsNamed() {
        for (int i = 0; i < export.size(); i++) {
            List<String> without = new ArrayList<>(export);
            without.remove(i);
            // a signature between events is missed at the end, where their number stands
            boolean head = export.get(i).contains("\"type\":\"head\"");
            refusedAt(i + 1, head ? export.size() - 1 : i + 1, verify(without));
        }
    }

    @Test
    void anyCutIsNamed() {
        for (int length = 0; length < export.size(); length++) {
            refusedAt(length + 1, length + 1, verify(export.subList(0, length)));
        }
    }

    @Test
    void anyTwoLinesInAnotherOrderAreNamed() {
        for (int i = 0; i + 1 < export.size(); i++) {
            List<String> swapped = new ArrayList<>(export);
            Collections.swap(swapped, i, i + 1);
            refusedAt(i + 1, i + 2, verify(swapped));
        }
    }

    @Test
    void anyLineThatStandsTwiceIsNamed() {
        for (int i = 0; i < export.size(); i++) {
            List<String> doubled = new ArrayList<>(export);
            doubled.add(i, export.get(i));
            boolean head = export.get(i).contains("\"type\":\"head\"");
            refusedAt(i + 1, head ? doubled.size() : i + 2, verify(doubled));
        }
    }

    @Test
    void theEndOfAnotherExportIsNoEnd() {
        List<String> spliced = new ArrayList<>(export.subList(0, export.size() - 1));
        spliced.add(export().getLast());
        refusedAt(export.size(), export.size(), verify(spliced));
    }

    @Test
    void whatIsNoExportIsRefused() {
        refusedAt(1, 1, verify(List.of("not json")));
        refusedAt(1, 1, verify(List.of("{}")));
        refusedAt(1, 1, verify(List.of("[1]")));
        assertThat(ctl("audit", "verify", "/nowhere/audit.jsonl").code()).isEqualTo(2);
        assertThat(ctl("audit", "verify", "/dev/null", "--key", "no key").code())
                .isEqualTo(2);
    }

    private static void refusedAt(int first, int last, Ctl result) {
        assertThat(result.code()).as(result.out()).isEqualTo(1);
        String text = result.err();
        int from = text.indexOf(": line ") + 7;
        assertThat(from).as(text).isGreaterThan(6);
        int line = Integer.parseInt(text.substring(from, text.indexOf(':', from)));
        assertThat(line).as(text).isBetween(first, last);
    }

    @Test
    void badInputIsRefusedWithReasons() {
        assertThat(ctl("audit", "list", "--action", "key'; drop").err()).contains("action");
        assertThat(ctl("audit", "list", "--limit", "0").code()).isEqualTo(2);
        assertThat(ctl("audit", "list", "--body").err()).contains("--requests");
        assertThat(ctl("audit", "export", "--chain", "x").err()).contains("chain");
        assertThat(ctl("-t", "nobody", "audit", "list").code()).isEqualTo(4);
        assertThat(ctl("audit", "purge").err()).contains("--before");
        assertThat(ctl("audit", "purge", "--before", "2999-01-01", "--yes").err())
                .contains("future");
    }
}
