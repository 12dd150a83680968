package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.SealKeys;
import io.llmproxy.adapter.backup.TableTally;
import io.llmproxy.adapter.secret.MasterKey;
import io.llmproxy.adapter.secret.UnitFiles;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Backups and restores beside a stopped unit, whose master key is systemd's, and which the commands are not given. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OfflineKeysTest {
    private static final String OTHER = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n";

    @TempDir
    static Path directory;

    private FakeProvider upstream;
    /** The key that everything is sealed under, as its file holds it. */
    private String right;
    /** Without it. */
    private Path plain;

    /** With it, sealed for {@link #opening}. */
    private Path sealed;

    private Path opening;
    /** What both were made of, without a server by now. */
    private Unit stopped;

    private int units;

    @BeforeAll
    void start() throws IOException {
        upstream = FakeProvider.start();
        plain = directory.resolve("plain.zip");
        sealed = directory.resolve("sealed.zip.sealed");
        opening = directory.resolve("opening.key");
        stopped = unit();
        try (TestAppliance appliance =
                TestAppliance.builder().directory(stopped.data()).start()) {
            appliance.tenantWithKey("acme", upstream.baseUrl());
            right = Files.readString(appliance.directory().resolve("master.key"));
            appliance.ctl("backup", "key", opening.toString()).value();
            appliance.ctl("backup", "create", plain.toString()).value();
            appliance
                    .ctl(
                            "backup",
                            "create",
                            sealed.toString(),
                            "--include-master-key",
                            "--recipient-key",
                            opening + ".pub")
                    .value();
        }
    }

    @AfterAll
    void stop() {
        upstream.close();
    }

    /** An instance as systemd keeps it, of which nothing runs. */
    private record Unit(UnitFiles files) {
        private Path data() throws IOException {
            return Files.createDirectories(files.states()).resolve("acme");
        }

        private Path credential(String text) throws IOException {
            Path file =
                    Files.createDirectories(files.settings().resolve("acme")).resolve("master-key");
            return Files.writeString(file, text);
        }

        private Path keyInData(String text) throws IOException {
            Path file = Files.writeString(Files.createDirectories(data()).resolve("master.key"), text);
            return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        }

        private String fault(@Nullable String needed, boolean brought) throws IOException {
            return keys().fault(needed, data(), brought).orElse("");
        }

        private OfflineBackup.Shown backup(String... options) throws Exception {
            List<String> line = new ArrayList<>(List.of("backup-create", "--data-dir=" + data()));
            line.addAll(List.of(options));
            return new OfflineBackup(OfflineArguments.parse(line.toArray(String[]::new)), keys()).create();
        }

        private KeyAtStart keys() {
            return new KeyAtStart(name -> Map.<String, String>of().get(name), files);
        }

        private List<String> restored(Path file, Path opening, String... options) throws Exception {
            List<String> line = new ArrayList<>(List.of(
                    "backup-restore", "--file=" + file, "--key-file=" + opening, "--data-dir=" + data(), "--replace"));
            line.addAll(List.of(options));
            return new OfflineRestore(OfflineArguments.parse(line.toArray(String[]::new)), keys())
                    .run()
                    .warnings();
        }

        /** As systemd starts it. */
        private void serves() throws Exception {
            try (TestAppliance any = started()) {
                assertThat(any.ctl("-t", "acme", "provider", "list", "-o", "name")
                                .value())
                        .isEqualTo("up");
            }
        }

        private TestAppliance started() throws Exception {
            return TestAppliance.builder()
                    .directory(data())
                    .environment(
                            "CREDENTIALS_DIRECTORY",
                            files.settings().resolve("acme").toString())
                    .tryStart();
        }
    }

    private Unit unit() throws IOException {
        Path root = directory.resolve("unit" + units++);
        return new Unit(new UnitFiles(
                Files.createDirectories(root.resolve("etc")), Files.createDirectories(root.resolve("lib"))));
    }

    @Test
    void aRestoreSaysThatTheUnitsKeyWinsOverTheOneThatItBrings() throws Exception {
        Unit unit = unit();
        Path credential = unit.credential(OTHER);
        List<String> warnings = unit.restored(sealed, opening);
        assertThat(warnings)
                .singleElement()
                .asString()
                .contains("the start takes " + credential, unit.data().resolve("master.key") + ")")
                .contains("put the right one there");
        assertThatThrownBy(unit::started).isInstanceOf(StartException.class).hasMessageContaining("master key");
        // what the warning says
        Files.copy(unit.data().resolve("master.key"), credential, StandardCopyOption.REPLACE_EXISTING);
        unit.serves();
    }

    @Test
    void aKeyIsLookedForWhereTheStartLooks() throws Exception {
        Unit unit = unit();
        assertThat(unit.fault(id(), false)).contains("sealed under the master key " + id(), "there is none here");
        assertThat(unit.fault(id(), true)).isEmpty();
        assertThat(unit.fault(null, false)).isEmpty();
        unit.credential(right);
        assertThat(unit.fault(id(), false)).isEmpty();
        // what lies in the directory does not count beside it
        Path file = unit.keyInData(OTHER);
        assertThat(unit.fault(id(), false)).isEmpty();
        unit.credential("none");
        assertThat(unit.fault(id(), false)).contains("the one here is ").contains(file.toString());
        unit.credential("no key at all");
        assertThat(unit.fault(id(), false)).contains("cannot be told: the master key in ");
    }

    @Test
    void aRestoreToPostgresqlKnowsThatAKeyWhichIsThereStays() throws Exception {
        Unit unit = unit();
        Path file = unit.keyInData(OTHER);
        assertThat(unit.restored(
                        sealed,
                        opening,
                        "--database-url=" + PostgresServer.freshDatabase(),
                        "--database-user=" + PostgresServer.USER))
                .hasSize(2)
                .anyMatch(w -> w.contains("the one here is "))
                .anyMatch(w -> w.contains("was not written, as there is one"));
        assertThat(file).hasContent(OTHER.strip());
    }

    @Test
    void aBackupOfAStoppedUnitHoldsTheKeyThatItsStartTakes() throws Exception {
        stopped.credential(right);
        // left from a time before the credential
        stopped.keyInData(OTHER);
        Path file = directory.resolve("stopped.zip.sealed");
        OfflineBackup.Shown shown =
                stopped.backup("--file=" + file, "--include-master-key", "--recipient-key=" + opening + ".pub");
        assertThat(shown.masterKeyId()).isEqualTo(id());
        BackupFile backup = new BackupFile(file, SealKeys.identity(opening));
        Map<String, String> files = new HashMap<>();
        backup.read(
                backup.verify(),
                new TableTally(),
                (name, content) -> files.put(name, new String(content.readAllBytes(), StandardCharsets.US_ASCII)));
        assertThat(files).containsEntry("master.key", right);
    }

    @Test
    void aKeyThatIsUnfitIsRefusedOnlyWhereItIsWanted() throws Exception {
        stopped.credential("too short");
        OfflineBackup.Shown shown = stopped.backup("--file=" + directory.resolve("unfit.zip"));
        assertThat(shown.masterKeyId()).isNull();
        Path file = directory.resolve("unfit.zip.sealed");
        assertThatThrownBy(() ->
                        stopped.backup("--file=" + file, "--include-master-key", "--recipient-key=" + opening + ".pub"))
                .isInstanceOf(OfflineException.class)
                .hasMessageContaining("the master key in");
        assertThat(file).doesNotExist();
    }

    private String id() throws IOException {
        Unit unit = unit();
        unit.keyInData(right);
        return MasterKey.find(name -> null, unit.data()).orElseThrow().id();
    }
}
