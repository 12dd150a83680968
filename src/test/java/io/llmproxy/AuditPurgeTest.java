package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
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

    @Test
    void requestsArePurgedAloneAndTheirSumsStay() {
        try (FakeProvider provider = FakeProvider.start();
                TestAppliance appliance = TestAppliance.start()) {
            String key = appliance.tenantWithKey("acme", provider.baseUrl());
            appliance
                    .ctl("tenant", "update", "acme", "--audit", "full", "--body-retention", "7d")
                    .value();
            assertThat(appliance.ctl("tenant", "show", "acme", "-o", "json").value())
                    .contains("\"bodyRetentionDays\": 7");
            try (Http http = new Http(appliance.gateway(), key)) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
            appliance.ctl("-t", "acme", "usage", "export").value();
            appliance.clock().advance(Duration.ofDays(10));
            int events = appliance
                    .ctl("-t", "acme", "audit", "list", "-q")
                    .value()
                    .lines()
                    .toList()
                    .size();
            Ctl whose = appliance.ctl("audit", "purge", "--requests", "--before", "5d", "--yes");
            assertThat(whose.code()).isEqualTo(1);
            assertThat(whose.err()).contains("whose requests?");
            assertThat(appliance
                            .ctl("-t", "acme", "audit", "purge", "--requests", "--before", "2100-01-01", "--yes")
                            .err())
                    .contains("lies in the future");
            String before = isoMinus(appliance, 5);
            assertThat(appliance
                            .ctl("-t", "acme", "audit", "purge", "--requests", "--before", before, "--yes")
                            .value())
                    .contains("deleted 1 usage records and 1 bodies");
            assertThat(appliance.ctl("-t", "acme", "usage", "export").value()).doesNotContain("requestId");
            assertThat(appliance
                            .ctl("-t", "acme", "usage", "report", "-o", "json")
                            .value())
                    .contains("\"requests\": 1");
            // the events stay, and one says what was done
            assertThat(appliance
                            .ctl("-t", "acme", "audit", "list", "-q")
                            .value()
                            .lines())
                    .hasSize(events + 1);
            assertThat(appliance
                            .ctl("-t", "acme", "audit", "list", "--action", "audit.purge", "-o", "json")
                            .value())
                    .contains("audit/requests")
                    .contains(before);
            assertThat(appliance.ctl("ledger", "check").code()).isZero();
        }
    }

    private static String isoMinus(TestAppliance appliance, int days) {
        return appliance.clock().instant().minus(Duration.ofDays(days)).toString();
    }
}
