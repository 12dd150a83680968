package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.ServerJvm;
import io.llmproxy.testing.TestAppliance;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code kill -9}, again and again, of a server that is busy: what was answered is in the ledger, once. */
@Tag("proof")
class KilledUnderLoadTest {
    private static final Pattern ID = Pattern.compile("\"requestId\":\"([0-9a-f-]{36})\"");
    /** Answers before each kill: some fall into the first flush after a start, some into a later one. */
    private static final List<Integer> ANSWERS = List.of(1500, 5, 3000, 300, 6000, 50, 2500);

    @Test
    void everyAnsweredRequestIsInTheLedgerOnce() throws Exception {
        Path directory = ServerJvm.newDirectory();
        LoadUntilKilled load = new LoadUntilKilled();
        try (FakeProvider upstream = FakeProvider.start()) {
            upstream.on("/v1/chat/completions", Script.answer(200, "{\"usage\":{\"prompt_tokens\":1}}"));
            String key = null;
            for (int answers : ANSWERS) {
                ServerJvm server = start(directory);
                key = key == null ? server.tenantWithKey("acme", upstream.baseUrl()) : key;
                load.kill(server, key, answers);
                assertThat(load.others).isEmpty();
            }
            // at once: what the last kill left is still in the journal
            try (ServerJvm server = start(directory)) {
                TestAppliance.Ctl export = server.ctl("usage", "export", "-o", "jsonl");
                assertThat(export.code()).as(export.err()).isZero();
                Map<String, Integer> exported = new HashMap<>();
                Matcher ids = ID.matcher(export.out());
                while (ids.find()) {
                    exported.merge(ids.group(1), 1, Integer::sum);
                }
                assertThat(exported.values()).containsOnly(1);
                assertThat(load.answered).hasSizeGreaterThan(10_000).allMatch(exported::containsKey);
                // of those that were running at a kill some have a record too, at most one for each client
                assertThat(exported.size() - load.answered.size())
                        .isBetween(0, LoadUntilKilled.CLIENTS * ANSWERS.size());
                TestAppliance.Ctl check = server.ctl("ledger", "check");
                assertThat(check.code()).as(check.out() + check.err()).isZero();
            }
        }
    }

    private static ServerJvm start(Path directory) throws Exception {
        return ServerJvm.start(
                directory,
                "true",
                "-Xmx256m",
                "limits.global.requests=0",
                "limits.tenant.requests=0",
                "limits.user.requests=0",
                "limits.ip.requests=0");
    }
}
