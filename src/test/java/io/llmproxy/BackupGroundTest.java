package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A place for backups that none can be written to. */
class BackupGroundTest {
    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    @TempDir
    Path directory;

    @Test
    void saysWhatStandsInTheWayAndNothingWhereNothingDoes() throws IOException {
        assertThat(BackupGround.of(directory).fault()).isNull();
        assertThat(BackupGround.of(directory.resolve("not/there/yet")).fault()).isNull();
        Path file = Files.writeString(directory.resolve("file"), "");
        assertThat(BackupGround.of(file).fault()).contains(file + " is no directory");
        assertThat(BackupGround.of(file.resolve("under")).fault()).contains(file + " is no directory");
        Path closed = Files.createDirectory(directory.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-x------"));
        // root writes there all the same
        assertThat(BackupGround.of(closed).fault() == null).isEqualTo(ROOT);
        assertThat(BackupGround.of(closed.resolve("under")).fault() == null).isEqualTo(ROOT);
    }

    @Test
    void rootIsToldOfWhatIsRootsAlone() throws IOException {
        BackupGround ground = new BackupGround(ROOT ? "root" : "somebody", directory);
        String fault = ground.faultForServices();
        BackupGround under = new BackupGround(ground.user(), directory.resolve("under"));
        if (ROOT) {
            assertThat(fault).contains("is root's: a service that is not root").contains("install -d -o llmproxy");
            assertThat(under.faultForServices()).contains("is not there, and " + directory + " is root's");
        } else {
            assertThat(fault).isNull();
        }
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(ground.faultForServices()).as("for whoever is in its group").isNull();
    }

    @Test
    void theServerStartsAndItsStatusSaysSoUntilItIsRight() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        try (TestAppliance appliance = TestAppliance.builder()
                .set("backup.directory", file.resolve("acme").toString())
                .start()) {
            String told = "the directory of backups `" + file.resolve("acme") + "` cannot be written to";
            assertThat(appliance.ctl("status").out()).contains(told);
            Files.delete(file);
            assertThat(appliance.ctl("status").out()).doesNotContain("directory of backups");
        }
        // what stands in the place of the usual one is in nobody's way who makes none
        Path data = Files.createDirectory(directory.resolve("data"));
        Files.writeString(data.resolve("backups"), "");
        try (TestAppliance none = TestAppliance.builder()
                .directory(data)
                .set("backup.before-migration", "0")
                .start()) {
            assertThat(none.appliance().backups().fault()).as("it makes none").isNull();
        }
    }

    @Test
    void theConfigurationIsCheckedWithAWarning() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");
        Path configuration = Files.writeString(
                directory.resolve("x.yaml"), "tenant: acme\nbackup:\n  directory: " + file.resolve("acme") + "\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintStream said = new PrintStream(out, true, StandardCharsets.UTF_8);
        int code = Main.run(new String[] {"check-config", configuration.toString()}, Map.of(), said, said);
        assertThat(code).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains(configuration + ": ok")
                .contains(configuration + ":3: warning: backup.directory: the directory of backups")
                .contains("is no directory");
    }
}
