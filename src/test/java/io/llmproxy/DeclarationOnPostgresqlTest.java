package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Two processes on one PostgreSQL: declarations come one after another, each whole or not at all. */
class DeclarationOnPostgresqlTest {
    private static final String HEAD =
            "version: 1\ntenants:\n  acme:\n    providers: {sim: {type: simulated}}\n    keys:\n";

    private final String url = PostgresServer.freshDatabase();

    private TestAppliance start() {
        return TestAppliance.builder()
                .set("database.url", url)
                .set("database.user", PostgresServer.USER)
                .start();
    }

    private static Ctl apply(TestAppliance to, String file, String... more) {
        List<String> all = new ArrayList<>(List.of("apply", "-f", "-"));
        all.addAll(List.of(more));
        return to.ctlWithInput(file, all.toArray(String[]::new));
    }

    @Test
    void declarationsOfTwoProcessesAreWholeAndComeOneAfterAnother() {
        try (TestAppliance one = start();
                TestAppliance other = start()) {
            Ctl bad = apply(one, HEAD + "      a: {}\n      b: {providers: [gone]}\n");
            assertThat(bad.code()).isEqualTo(1);
            assertThat(bad.err()).contains("standard input:7: ", "has no provider `gone`");
            assertThat(other.ctl("tenant", "show", "acme").code()).isEqualTo(4);

            StringBuilder keys = new StringBuilder(HEAD);
            for (int i = 0; i < 200; i++) {
                keys.append("      k").append(i).append(": {}\n");
            }
            assertThat(apply(one, keys.toString(), "--dry-run").value()).contains("would be: 202 created");
            List<CompletableFuture<Ctl>> running = Stream.of(one, other, one, other)
                    .map(server -> CompletableFuture.supplyAsync(() -> apply(server, keys.toString())))
                    .toList();
            List<Ctl> ended = running.stream().map(CompletableFuture::join).toList();
            assertThat(ended)
                    .allSatisfy(ctl -> assertThat(ctl.code()).as(ctl.err()).isZero());
            assertThat(ended.stream().filter(ctl -> ctl.out().contains("202 created")))
                    .hasSize(1);

            // beside single commands, which take the same locks
            List<CompletableFuture<Ctl>> mixed = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                String name = "s" + i;
                String extra = keys + "      e" + i + ": {}\n";
                mixed.add(CompletableFuture.supplyAsync(() -> other.ctl("-t", "acme", "key", "create", name)));
                mixed.add(CompletableFuture.supplyAsync(() -> apply(one, extra)));
            }
            assertThat(mixed.stream().map(CompletableFuture::join).toList())
                    .allSatisfy(ctl -> assertThat(ctl.code()).as(ctl.err()).isZero());
            assertThat(one.ctl("-t", "acme", "export").out())
                    .isEqualTo(other.ctl("-t", "acme", "export").out());
            assertThat(one.ctl("audit", "verify").code()).isZero();
        }
    }
}
