package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.TestAppliance;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chain whose beginning was deleted can still be verified, and shows by whom it was. */
class AuditPurgeTest {
    @TempDir
    Path directory = Path.of("/");

    @Test
    void whatWasPurgedIsStoodForByACheckpoint() throws Exception {
        try (TestAppliance appliance = TestAppliance.start()) {
            appliance.ctl("tenant", "create", "acme").value();
            appliance.ctl("-t", "acme", "key", "create", "a").value();
            Path before = directory.resolve("before.jsonl");
            Files.writeString(
                    before, appliance.ctl("-t", "acme", "audit", "export").value() + "\n");
            appliance.clock().advance(Duration.ofDays(10));
            appliance.ctl("-t", "acme", "key", "create", "b").value();
            assertThat(appliance
                            .ctl("-t", "acme", "audit", "purge", "--before", isoMinus(appliance, 5), "--yes")
                            .value())
                    .contains("deleted 2 events");
            List<String> lines = appliance
                    .ctl("-t", "acme", "audit", "export")
                    .value()
                    .lines()
                    .toList();
            assertThat(lines.get(1)).contains("\"type\":\"checkpoint\"").contains("\"number\":2");
            assertThat(String.join("\n", lines)).contains("audit.purge").doesNotContain("tenant.create");
            Path after = directory.resolve("after.jsonl");
            Files.write(after, lines);
            assertThat(appliance
                            .ctl("audit", "verify", after.toString(), "--against", before.toString())
                            .value())
                    .startsWith("sound: 2 events");
            Path without = directory.resolve("without.jsonl");
            Files.write(
                    without,
                    lines.stream().filter(l -> !l.contains("\"checkpoint\"")).toList());
            assertThat(appliance.ctl("audit", "verify", without.toString()).err())
                    .contains("line 2")
                    .contains("checkpoint");
            assertThat(appliance.ctl("audit", "verify").value()).startsWith("sound: ");
            // an earlier export in the place of the newer one
            assertThat(appliance
                            .ctl("audit", "verify", before.toString(), "--against", after.toString())
                            .err())
                    .contains("an earlier export has events up to 4");
        }
    }

    private static String isoMinus(TestAppliance appliance, int days) {
        return appliance.clock().instant().minus(Duration.ofDays(days)).toString();
    }
}
