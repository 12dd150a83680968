package io.llmproxy.adapter.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.CtlJvm;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that dies in the middle of a change of the schema. */
class KilledMigrationTest {
    private static final String COLUMN = "ALTER TABLE tenants ADD COLUMN IF NOT EXISTS later TEXT;\n";
    private static final String ENDLESS = "SELECT COUNT(*) FROM SYSTEM_RANGE(1, 1000000000000000) WHERE MOD(x, 7) = 9;";

    @TempDir
    Path directory;

    private static List<MigrationScript> with(String last) {
        List<MigrationScript> scripts = new ArrayList<>(MigrationScript.all());
        scripts.add(new MigrationScript("V9999__later.sql", COLUMN + last));
        return scripts;
    }

    private static boolean half(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet columns = statement.executeQuery("SELECT COUNT(*) FROM information_schema.columns"
                        + " WHERE table_name = 'tenants' AND column_name = 'later'")) {
            columns.next();
            return columns.getInt(1) == 1;
        }
    }

    /** A program that comes to the middle of a script, says so, and goes on for ever. */
    static final class Half {
        private Half() {}

        public static void main(String... args) throws SQLException {
            DataSource source = Sources.h2(Path.of(args[0]));
            // open throughout: H2 closes the database behind the last connection, and who connects just then may get an
            // error
            Connection open = source.getConnection();
            Thread.ofPlatform().daemon().start(() -> tell(source));
            new Migrations(source, with(ENDLESS), "llmproxy 9.9.9").run(state -> {});
            open.close();
        }

        private static void tell(DataSource source) {
            try {
                while (!half(source)) {
                    TimeUnit.MILLISECONDS.sleep(20);
                }
                System.out.println("half");
                System.out.flush();
            } catch (SQLException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void theNextStartFinishesWhatAKilledOneBegan() throws Exception {
        Path file = directory.resolve("db");
        DataSource source = Sources.h2(file);
        new Migrations(source, "llmproxy 1.0.0").run(state -> {});
        Process migrating =
                CtlJvm.java("-Xmx128m", List.of("io.llmproxy.adapter.jdbc.KilledMigrationTest$Half", file.toString()));
        try {
            List<String> said = new ArrayList<>();
            migrating
                    .inputReader()
                    .lines()
                    .peek(said::add)
                    .takeWhile(line -> !line.equals("half"))
                    .forEach(line -> {});
            assertThat(said).endsWith("half");
        } finally {
            migrating.destroyForcibly();
            assertThat(migrating.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        SchemaState left = new Migrations(source, with(""), "").state();
        assertThat(left.version()).isEqualTo(SchemaState.newest());
        assertThat(left.pending()).hasSize(1);
        new Migrations(source, with("CREATE TABLE later (x INT);"), "llmproxy 9.9.9").run(state -> {});
        assertThat(new Migrations(source, with(""), "").state().version()).isEqualTo("9999");
        assertThat(half(source)).isTrue();
    }
}
