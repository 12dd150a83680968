package io.llmproxy.adapter.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.port.TableSink;
import io.llmproxy.testing.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationsTest {
    private static final List<MigrationScript> SCRIPTS = MigrationScript.all();

    private static final AtomicInteger CLEAN = new AtomicInteger();

    @TempDir
    Path directory;

    private static DataSource memory(String name) {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:" + name
                + ";MODE=PostgreSQL;DATABASE_TO_LOWER=TRUE;DEFAULT_NULL_ORDERING=HIGH;DB_CLOSE_DELAY=-1");
        return source;
    }

    private static String columns(DataSource source) throws SQLException {
        StringBuilder text = new StringBuilder();
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("SELECT table_name, column_name, data_type, is_nullable"
                        + " FROM information_schema.columns WHERE table_schema = CURRENT_SCHEMA ORDER BY 1, 2")) {
            while (result.next()) {
                text.append(result.getString(1))
                        .append(' ')
                        .append(result.getString(2))
                        .append(' ');
                text.append(result.getString(3))
                        .append(' ')
                        .append(result.getString(4))
                        .append('\n');
            }
        }
        return text.toString();
    }

    /** H2 keeps what the first statements of a script made, and no history row tells of it: the next start runs the script again. */
    private static void cutOff(DataSource source, int script, int done) throws SQLException {
        new Migrations(source, SCRIPTS.subList(0, script), "llmproxy test").run(state -> {});
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            for (String one : SCRIPTS.get(script).statements().subList(0, done)) {
                statement.execute(one);
            }
        }
        new Migrations(source, "llmproxy test").run(state -> {});
    }

    private static void goesOn(String wanted, int script, int done) throws SQLException {
        DataSource source = memory("cut" + script + "_" + done);
        cutOff(source, script, done);
        assertThat(columns(source))
                .as(SCRIPTS.get(script).file() + " after " + done)
                .isEqualTo(wanted);
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("SHUTDOWN");
        }
    }

    private static String wanted() throws SQLException {
        DataSource clean = memory("clean" + CLEAN.incrementAndGet());
        new Migrations(clean, "llmproxy test").run(state -> {});
        return columns(clean);
    }

    @Test
    @Tag("proof")
    void goesOnWhereverAScriptWasCutOff() throws SQLException {
        String wanted = wanted();
        int cuts = 0;
        for (int script = 1; script < SCRIPTS.size(); script++) {
            for (int done = 1; done <= SCRIPTS.get(script).statements().size(); done++) {
                goesOn(wanted, script, done);
                cuts++;
            }
        }
        assertThat(cuts).isGreaterThan(30);
    }

    /** Of the newest script, which is the one that changes; the others are a proof. */
    @Test
    void goesOnWhereTheNewestScriptWasCutOff() throws SQLException {
        int newest = SCRIPTS.size() - 1;
        int statements = SCRIPTS.get(newest).statements().size();
        String wanted = wanted();
        goesOn(wanted, newest, 1);
        goesOn(wanted, newest, statements);
    }

    /** Rows that a migration puts there must be known as such, else an empty state is taken for one that is not. */
    @Test
    void aFreshSchemaIsEmptyAndItsTablesComeBehindThoseThatTheyReferTo() throws SQLException {
        DataSource source = memory("fresh");
        new Migrations(source, "llmproxy test").run(state -> {});
        String references = "SELECT child.table_name, parent.table_name"
                + " FROM information_schema.referential_constraints r"
                + " JOIN information_schema.table_constraints child ON child.constraint_name = r.constraint_name"
                + " JOIN information_schema.table_constraints parent"
                + " ON parent.constraint_name = r.unique_constraint_name"
                + " WHERE child.table_schema = CURRENT_SCHEMA AND parent.table_schema = CURRENT_SCHEMA";
        int found = 0;
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(StateTables.empty(connection)).isTrue();
            assertThat(StateTables.numbering(connection, "audit_events")).containsExactly("seq");
            try (ResultSet result = statement.executeQuery(references)) {
                while (result.next()) {
                    String child = result.getString(1);
                    String parent = result.getString(2);
                    assertThat(StateTables.NAMES.indexOf(child))
                            .as(child + " refers to " + parent)
                            .isGreaterThanOrEqualTo(StateTables.NAMES.indexOf(parent));
                    found++;
                }
            }
        }
        assertThat(found).isPositive();
    }

    @Test
    void everyTableOfTheSchemaIsPartOfTheState() throws SQLException {
        DataSource source = memory("tables");
        new Migrations(source, "llmproxy test").run(state -> {});
        List<String> tables = new ArrayList<>();
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(
                        "SELECT table_name FROM information_schema.tables WHERE table_schema = CURRENT_SCHEMA")) {
            while (result.next()) {
                tables.add(result.getString(1));
            }
        }
        tables.remove(Migrations.HISTORY);
        assertThat(StateTables.NAMES).containsExactlyInAnyOrderElementsOf(tables);
    }

    @Test
    void keepsWhatIsThereBeforeItChangesIt() {
        try (ClosedDatabase old = ClosedDatabase.embedded(directory.resolve("db"))) {
            old.migrate("12", Upgrade.by("llmproxy 0.0.9"));
            assertThat(old.schema().version()).isEqualTo("12");
            assertThat(old.schema().pending())
                    .isNotEmpty()
                    .allSatisfy(s -> assertThat(s.statements()).isNotEmpty());
        }
        List<String> kept = new ArrayList<>();
        Upgrade refusing = new Upgrade("llmproxy 1.0.0", (from, to, copy) -> {
            kept.add(from + ">" + to);
            throw new IllegalStateException("the disk is full");
        });
        assertThatThrownBy(() -> Database.open(null, directory, null, null, 2, refusing, false))
                .hasMessageContaining("the disk is full");
        try (ClosedDatabase unchanged = ClosedDatabase.embedded(directory.resolve("db"))) {
            assertThat(unchanged.schema().version()).isEqualTo("12");
        }
        Upgrade keeping = new Upgrade("llmproxy 1.0.0", (from, to, copy) -> kept.add(from + ">" + to));
        Database.open(null, directory, null, null, 2, keeping, false).close();
        Database.open(null, directory, null, null, 2, keeping, false).close();
        String step = "12>" + SchemaState.newest();
        assertThat(kept).containsExactly(step, step);
    }

    /** Who deletes older copies waits for it: until then one of them may be the only good one. */
    @Test
    void tellsOfAChangeWhenItIsMadeAndNotWhereItFailed() throws SQLException {
        try (ClosedDatabase old = ClosedDatabase.embedded(directory.resolve("db"))) {
            old.migrate("12", Upgrade.by("llmproxy 0.0.9"));
        }
        List<String> told = new ArrayList<>();
        Upgrade telling = new Upgrade("llmproxy 1.0.0", new Upgrade.BeforeMigration() {
            @Override
            public void keep(String from, String to, Consumer<TableSink> copy) {
                told.add("kept");
            }

            @Override
            public void changed() {
                told.add("changed");
            }
        });
        DataSource source = Sources.h2(directory.resolve("db/llmproxy"));
        execute(source, "ALTER TABLE api_keys RENAME TO hidden");
        assertThatThrownBy(() -> Database.open(null, directory, null, null, 2, telling, false))
                .isInstanceOf(DatabaseException.class);
        assertThat(told).containsExactly("kept");
        execute(source, "ALTER TABLE hidden RENAME TO api_keys");
        Database.open(null, directory, null, null, 2, telling, false).close();
        Database.open(null, directory, null, null, 2, telling, false).close();
        assertThat(told).containsExactly("kept", "kept", "changed");
    }

    private static void execute(DataSource source, String sql) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** H2 keeps what the first statements did, and Flyway writes down that the script failed. */
    @Test
    void aScriptThatFailedIsRunAgainByTheNextStart() throws SQLException {
        DataSource source = memory("failed");
        new Migrations(source, "llmproxy 1.0.0").run(state -> {});
        List<MigrationScript> later = new ArrayList<>(SCRIPTS);
        later.add(new MigrationScript(
                "V9999__later.sql",
                "ALTER TABLE tenants ADD COLUMN IF NOT EXISTS later TEXT;\nUPDATE missing SET later = 'x';"));
        for (int tries = 0; tries < 2; tries++) {
            assertThatThrownBy(() -> new Migrations(source, later, "llmproxy 9.9.9").run(state -> {}))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContaining("to version 9999: V9999__later.sql failed: Table \"missing\" not found")
                    .hasMessageContaining("(SQL state 42S02). The next start tries it again")
                    .hasMessageNotContaining("UPDATE")
                    .satisfies(e ->
                            assertThat(((DatabaseException) e).reason()).isEqualTo(DatabaseException.Reason.SCHEMA));
        }
        assertThat(columns(source)).contains("tenants later");
        assertThat(new Migrations(source, later, "").state().pending()).hasSize(1);
        assertThatThrownBy(() -> new Migrations(source, "llmproxy 1.0.0").run(state -> {}))
                .hasMessageContaining(
                        "a change of the database to schema version 9999, of llmproxy 9.9.9, failed and may be half done");

        execute(source, "CREATE TABLE missing (later TEXT)");
        new Migrations(source, later, "llmproxy 9.9.9").run(state -> {});
        assertThat(new Migrations(source, later, "").state().version()).isEqualTo("9999");
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(
                        "SELECT COUNT(*) FROM \"flyway_schema_history\" WHERE \"version\" = '9999' OR NOT \"success\"")) {
            rows.next();
            assertThat(rows.getInt(1))
                    .as("of the try that worked, and no other")
                    .isEqualTo(1);
        }
    }

    @Test
    void aScriptThatFailedOnPostgresqlLeavesNothing() throws SQLException {
        DataSource source = Sources.postgresql(PostgresServer.freshDatabase(), PostgresServer.USER, null);
        new Migrations(source, "llmproxy 1.0.0").run(state -> {});
        String before = columns(source);
        List<MigrationScript> later = new ArrayList<>(SCRIPTS);
        later.add(new MigrationScript(
                "V9999__later.sql", "ALTER TABLE tenants ADD COLUMN later TEXT;\nUPDATE missing SET later = 'x';"));
        assertThatThrownBy(() -> new Migrations(source, later, "llmproxy 9.9.9").run(state -> {}))
                .hasMessageContaining("V9999__later.sql failed: ERROR: relation \"missing\" does not exist");
        assertThat(columns(source)).isEqualTo(before);
        new Migrations(source, "llmproxy 1.0.0").run(state -> {});
    }

    @Test
    void anOlderProgramSaysWhichOneIsNeeded() throws SQLException {
        DataSource source = memory("newer");
        new Migrations(source, "llmproxy 9.9.9").run(state -> {});
        Migrations older = new Migrations(source, SCRIPTS.subList(0, 12), "llmproxy 1.0.0");
        assertThatThrownBy(() -> older.run(state -> {}))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContaining("llmproxy 9.9.9")
                .hasMessageContaining("schema version " + SchemaState.newest())
                .hasMessageContaining("up to 12")
                .satisfies(e -> assertThat(((DatabaseException) e).reason()).isEqualTo(DatabaseException.Reason.NEWER));
    }

    @Test
    void twoUpgradesAtOnceEndInOneSchema() throws InterruptedException, ExecutionException {
        String url = PostgresServer.freshDatabase();
        CountDownLatch ready = new CountDownLatch(3);
        try (var threads = Executors.newCachedThreadPool()) {
            List<Future<?>> upgrades = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                upgrades.add(threads.submit(() -> {
                    ready.countDown();
                    ready.await();
                    Database.open(url, directory, PostgresServer.USER, null, 2).close();
                    return true;
                }));
            }
            for (Future<?> upgrade : upgrades) {
                upgrade.get();
            }
        }
        try (ClosedDatabase database = ClosedDatabase.postgresql(url, PostgresServer.USER, null)) {
            assertThat(database.schema().pending()).isEmpty();
        }
        try (ClosedDatabase held = ClosedDatabase.embedded(directory.resolve("db"))) {
            assertThat(held.empty()).isTrue();
            assertThatThrownBy(() -> Database.open(null, directory, null, null, 2))
                    .satisfies(e ->
                            assertThat(((DatabaseException) e).reason()).isEqualTo(DatabaseException.Reason.IN_USE));
        }
    }
}
