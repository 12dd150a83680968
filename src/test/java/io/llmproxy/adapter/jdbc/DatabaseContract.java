package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableSink;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Opening a database that is empty, up to date, newer or altered. */
abstract class DatabaseContract {
    /** Opens this test's database. */
    abstract Database open();

    /** Another way to the same database, for use while it is not open, or by the same program. */
    abstract DataSource source();

    private void execute(String sql) throws SQLException {
        try (Connection connection = source().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private List<String> history() throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Connection connection = source().getConnection();
                Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(
                        "SELECT \"version\", \"checksum\", \"script\" FROM \"flyway_schema_history\""
                                + " WHERE \"version\" IS NOT NULL ORDER BY \"installed_rank\"")) {
            while (result.next()) {
                rows.add(result.getString(1) + " " + result.getString(2) + " " + result.getString(3));
            }
        }
        return rows;
    }

    @Test
    void whatWasWrittenIsThereAfterOpeningAgain() {
        Tenant tenant = Samples.tenant(unique("again"));
        try (Database first = open()) {
            first.tenants().insert(tenant);
        }
        try (Database second = open()) {
            assertThat(second.tenants().find(tenant.slug())).contains(tenant);
        }
    }

    @Test
    void theHistoryHoldsTheChecksumsThatTheNextStartCompares() throws SQLException {
        open().close();
        assertThat(history())
                .isEqualTo(MigrationScript.all().stream()
                        .map(s -> s.version() + " " + s.checksum() + " " + s.file())
                        .toList());
    }

    /** As a successor leaves it that changed the schema and failed: what the copy is said to be of could not take the rest. */
    @Test
    void aCopyLeavesOutWhatALaterProgramHasAdded() throws SQLException {
        try (Database database = open()) {
            List<TableLayout> before = copied(database);
            execute("ALTER TABLE tenants ADD COLUMN later TEXT DEFAULT 'x' NOT NULL");
            database.tenants().insert(Samples.tenant(unique("kept")));
            assertThat(copied(database))
                    .isEqualTo(before)
                    .anyMatch(t -> t.name().equals("tenants"));
        }
    }

    private static List<TableLayout> copied(Database database) {
        List<TableLayout> tables = new ArrayList<>();
        database.copy(table -> true, new TableSink() {
            @Override
            public void begin(TableLayout table) {
                tables.add(table);
            }

            @Override
            public void row(List<@Nullable Object> values) {
                assertThat(values).hasSameSizeAs(tables.getLast().columns());
            }

            @Override
            public void end() {}
        });
        return tables;
    }

    @Test
    void aSchemaNewerThanTheProgramIsRefusedAndNotTouched() throws SQLException {
        open().close();
        execute("INSERT INTO \"flyway_schema_history\" (\"installed_rank\", \"version\", \"description\", \"type\","
                + " \"script\", \"checksum\", \"installed_by\", \"execution_time\", \"success\")"
                + " VALUES (99, '99', 'later', 'SQL', 'V99__later.sql', 1, 'x', 1, TRUE)");
        List<String> before = history();
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        DatabaseException.class, e -> assertThat(e.reason()).isEqualTo(Reason.NEWER))
                .hasMessageContaining("schema version 99")
                .hasMessageContaining("Nothing was changed");
        assertThat(history()).isEqualTo(before);
    }

    @Test
    void aMigrationThatWasAlteredIsRefused() throws SQLException {
        open().close();
        execute("UPDATE \"flyway_schema_history\" SET \"checksum\" = 1 WHERE \"version\" = '1'");
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        DatabaseException.class, e -> assertThat(e.reason()).isEqualTo(Reason.SCHEMA));
    }

    @Test
    void somebodyElsesTablesAreRefusedAndNotTouched() throws SQLException {
        execute("CREATE TABLE theirs (i INTEGER)");
        assertThatThrownBy(this::open)
                .isInstanceOfSatisfying(
                        DatabaseException.class, e -> assertThat(e.reason()).isEqualTo(Reason.SCHEMA));
        assertThatThrownBy(() -> execute("SELECT * FROM tenants")).isInstanceOf(SQLException.class);
    }
}
