package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.backup.BackupDirectory;
import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.NewFile;
import io.llmproxy.port.TableLayout;
import io.llmproxy.testing.CtlJvm;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that die in the middle of a backup or of a restore. */
class KilledBackupTest {
    private static final BackupManifest.Origin ORIGIN = new BackupManifest.Origin(
            Instant.parse("2026-02-03T04:05:06Z"), "llmproxy 1", "13", "h2", "*", "scheduled", null, false, true);

    @TempDir
    Path directory;

    /** A program that writes half a backup, says so, and waits for its end. */
    static final class Half {
        private Half() {}

        public static void main(String... args) {
            write(Path.of(args[0]), () -> {
                System.out.println("half");
                System.out.flush();
                return System.in.read();
            });
        }

        interface Pause {
            int until() throws IOException;
        }

        static void write(Path file, Pause pause) {
            TableLayout table =
                    new TableLayout("tenants", List.of(new TableLayout.Column("name", TableLayout.Kind.TEXT)));
            NewFile.write(
                    file,
                    out -> BackupFile.write(out, null, ORIGIN, writer -> {
                        writer.begin(table);
                        for (int i = 0; i < 100_000; i++) {
                            writer.row(List.of(Integer.toHexString(i * 0x9e3779b9)));
                        }
                        pause.until();
                        writer.end();
                    }));
        }
    }

    private static Process half(Path file) throws IOException {
        Process process = CtlJvm.java("-Xmx64m", List.of("io.llmproxy.KilledBackupTest$Half", file.toString()));
        String line = process.inputReader().readLine();
        assertThat(line).isEqualTo("half");
        return process;
    }

    private static void kill(Process process) throws InterruptedException {
        process.destroyForcibly();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }

    private static List<Path> files(Path place) throws IOException {
        try (Stream<Path> files = Files.list(place)) {
            return files.toList();
        }
    }

    @Test
    void halfABackupIsNoneAndTheNextOneDeletesIt() throws Exception {
        BackupDirectory backups = new BackupDirectory(directory.resolve("backups"));
        Path file = backups.made().resolve(BackupDirectory.name(ORIGIN, false));
        Process writing = half(file);
        Path part;
        try {
            assertThat(files(backups.path())).hasSize(1);
            part = files(backups.path()).getFirst();
            assertThat(Files.size(part)).isPositive();
            assertThat(backups.list()).as("while it is written").isEmpty();
            assertThatThrownBy(() -> NewFile.write(file, out -> true))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("being written by another process");
            Files.setLastModifiedTime(part, FileTime.from(Instant.EPOCH));
            backups.tidy(Instant.now());
            assertThat(part).as("somebody writes it").exists();
        } finally {
            kill(writing);
        }
        assertThat(backups.list()).as("after its death").isEmpty();
        assertThat(part).exists();
        try (TestAppliance appliance = TestAppliance.builder()
                .set("backup.directory", backups.path().toString())
                .set("backup.every", "24h")
                .start()) {
            appliance.appliance().backups().round();
            assertThat(backups.list())
                    .singleElement()
                    .satisfies(e -> assertThat(e.fault()).isNull());
            String whole = backups.list().getFirst().file();
            assertThat(appliance.ctl("backup", "verify", whole, "-q").value()).isEqualTo("whole");
        }
        assertThat(part).as("what was left").doesNotExist();
    }

    @Test
    void theNextOneOfTheSameNameIsWhole() throws Exception {
        Path file = directory.resolve("backup.zip");
        kill(half(file));
        Half.write(file, () -> 0);
        assertThat(new BackupFile(file, null).verify().rows()).isEqualTo(100_000);
        assertThat(files(directory)).containsExactly(file);
    }

    /** A state with one more tenant than its backup has. */
    private Path data() {
        Path data = directory.resolve("data");
        try (TestAppliance appliance = TestAppliance.builder().directory(data).start()) {
            appliance.ctl("tenant", "create", "acme").value();
            appliance
                    .ctl("backup", "create", directory.resolve("b.zip").toString())
                    .value();
            appliance.ctl("tenant", "create", "later").value();
        }
        return data;
    }

    private CtlJvm restoring(Path data) throws IOException {
        return CtlJvm.start(
                "-Xmx128m",
                "backup",
                "restore",
                directory.resolve("b.zip").toString(),
                "--data-dir",
                data.toString(),
                "--replace",
                "--yes");
    }

    private static List<String> tenants(Path data) {
        try (TestAppliance appliance = TestAppliance.builder().directory(data).start()) {
            assertThat(data.resolve(StateSwap.STAGING)).as("of a restore").doesNotExist();
            assertThat(appliance.ctl("audit", "verify").code()).isZero();
            return appliance
                    .ctl("tenant", "list", "-o", "name")
                    .value()
                    .lines()
                    .sorted()
                    .toList();
        }
    }

    private void isOneOfBoth(Path data) throws Exception {
        if (Files.exists(StateSwap.marker(data))) {
            assertThatThrownBy(() -> TestAppliance.builder().directory(data).tryStart())
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("run it again");
            assertThat(restoring(data).end().code()).isZero();
        }
        assertThat(tenants(data)).isIn(List.of("acme", "later"), List.of("acme"));
    }

    @Test
    @Tag("proof")
    void aRestoreThatIsKilledAnywhereLeavesTheOldStateOrTheNewOne() throws Exception {
        Path data = data();
        for (int kill = 0; kill < 12; kill++) {
            CtlJvm restore = restoring(data);
            try {
                Path started = data.resolve(StateSwap.STAGING).resolve("db");
                while (restore.alive() && !Files.exists(started)) {
                    TimeUnit.MILLISECONDS.sleep(1);
                }
                // at different places of it: which, does not matter
                TimeUnit.MILLISECONDS.sleep(80L * kill);
            } finally {
                restore.kill();
            }
            isOneOfBoth(data);
        }
        assertThat(restoring(data).end().code()).isZero();
        assertThat(tenants(data)).containsExactly("acme");
    }
}
