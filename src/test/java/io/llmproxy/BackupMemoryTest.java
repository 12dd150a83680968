package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.jdbc.ClosedDatabase;
import io.llmproxy.adapter.jdbc.Upgrade;
import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableLayout.Column;
import io.llmproxy.port.TableLayout.Kind;
import io.llmproxy.testing.CtlJvm;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows go from the database into the file and back without being gathered: a heap far smaller than they are is enough. */
@Tag("proof")
class BackupMemoryTest {
    private static final String HEAP = "-Xmx56m";

    /** H2 writes with buffers and a cache of its own, which do not grow with the rows. */
    private static final String RESTORE_HEAP = "-Xmx96m";

    private static final int LARGE = 700;
    private static final int LARGE_BYTES = 256 << 10;
    private static final int SMALL = 200_000;

    @TempDir
    Path directory;

    private static void filled(Path data) {
        TableLayout bodies = new TableLayout(
                "request_bodies",
                List.of(
                        new Column("tenant_id", Kind.ID),
                        new Column("request_id", Kind.ID),
                        new Column("data", Kind.BYTES)));
        Random random = new Random(5);
        byte[] large = new byte[LARGE_BYTES];
        byte[] small = new byte[100];
        try (ClosedDatabase database = ClosedDatabase.embedded(data.resolve("db"))) {
            database.migrate(null, Upgrade.by("llmproxy test"));
            database.fill(sink -> {
                sink.begin(bodies);
                for (int i = 0; i < LARGE + SMALL; i++) {
                    byte[] body = i < LARGE ? large : small;
                    random.nextBytes(body);
                    sink.row(List.of(new UUID(0, 1), new UUID(0, i), body.clone()));
                }
                sink.end();
            });
        }
    }

    private static void succeeds(String heap, String... args) throws Exception {
        Ctl done = CtlJvm.start(heap, args).end();
        assertThat(done.code()).as(done.out()).isZero();
    }

    @Test
    void aBackupAndARestoreNeedAHeapFarSmallerThanTheState() throws Exception {
        Path data = directory.resolve("data");
        Files.createDirectories(data);
        filled(data);
        String file = directory.resolve("b.zip").toString();
        Path restored = directory.resolve("restored");
        succeeds(HEAP, "backup", "create", file, "--data-dir", data.toString());
        assertThat(Files.size(Path.of(file))).isGreaterThan(150L << 20);
        succeeds(RESTORE_HEAP, "backup", "restore", file, "--data-dir", restored.toString(), "--yes");
        succeeds(HEAP, "db", "status", "--data-dir", restored.toString());
    }
}
