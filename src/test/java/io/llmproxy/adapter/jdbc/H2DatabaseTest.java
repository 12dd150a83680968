package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import io.llmproxy.domain.identity.Tenant;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class H2DatabaseTest extends DatabaseContract {
    @TempDir
    Path directory = Path.of("unset");

    @Override
    Database open() {
        return Database.open(null, directory, null, null, 2);
    }

    @Override
    DataSource source() {
        directory.resolve("db").toFile().mkdirs();
        return Sources.h2(directory.resolve("db/llmproxy"));
    }

    @Test
    void aSecondOpeningIsRefusedAndHarmsNothing() {
        try (Database first = open()) {
            assertThatThrownBy(this::open)
                    .isInstanceOfSatisfying(
                            DatabaseException.class, e -> assertThat(e.reason()).isEqualTo(Reason.IN_USE))
                    .hasMessageContaining(directory.toString());
            Tenant tenant = Samples.tenant(unique("still"));
            first.tenants().insert(tenant);
            assertThat(first.tenants().find(tenant.slug())).isPresent();
        }
        open().close();
    }

    @Test
    void anotherProcessKeepsTheDirectoryUntilItIsKilledAndWhatItCommittedStays() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isEqualTo("written");
            assertThatThrownBy(this::open)
                    .isInstanceOfSatisfying(
                            DatabaseException.class, e -> assertThat(e.reason()).isEqualTo(Reason.IN_USE));
        } finally {
            other.destroyForcibly().waitFor();
        }
        try (Database database = open()) {
            assertThat(database.tenants().find("written-by-another")).isPresent();
        }
    }

    /** The other process: commits, says so, and waits for its end. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] args) throws IOException {
            Database database = Database.open(null, Path.of(args[0]), null, null, 2);
            database.tenants().insert(Samples.tenant("written-by-another"));
            System.out.println("written");
            int end = System.in.read();
            System.out.println(end);
        }
    }

    @Test
    void theDirectoryIsOpenToItsOwnerAlone() throws IOException {
        open().close();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("db"))))
                .isEqualTo("rwx------");
    }

    @Test
    void aPathThatTheUrlCannotHoldIsRefused() {
        assertThatThrownBy(() -> Database.open(null, directory.resolve("a;INIT=x"), null, null, 2))
                .isInstanceOfSatisfying(
                        DatabaseException.class, e -> assertThat(e.reason()).isEqualTo(Reason.SETTINGS));
    }

    @Test
    void aFileThatIsNoDatabaseIsToldAndNotTouched() throws IOException {
        Path file = Files.createDirectories(directory.resolve("db")).resolve("llmproxy.mv.db");
        Files.writeString(file, "something else".repeat(1000));
        assertThatThrownBy(this::open).isInstanceOf(DatabaseException.class).hasMessageContaining("llmproxy.mv.db");
        assertThat(file).hasContent("something else".repeat(1000));
    }
}
