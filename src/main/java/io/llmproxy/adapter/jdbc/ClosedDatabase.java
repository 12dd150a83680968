package io.llmproxy.adapter.jdbc;

import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.TableSink;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A database that no server has open, with a schema of any version, for who copies all of it, fills it or brings it to another
 * version. Nothing is changed by opening it. Used by one thread.
 */
public final class ClosedDatabase implements AutoCloseable {
    private static final String APPLICATION = "llmproxy-offline";
    private static final int H2_IN_USE = 90020;

    /** Of tables that are to take the place of others; what a killed process left there is nobody's. */
    private static final String BESIDE = "llmproxy_restoring";

    private static final String DROP_BESIDE = "DROP SCHEMA IF EXISTS " + BESIDE + " CASCADE";

    private final DataSource source;
    private final SqlDialect dialect;
    private final String shown;
    private final Deque<AutoCloseable> resources;
    private final @Nullable DataSource beside;

    private ClosedDatabase(
            DataSource source,
            SqlDialect dialect,
            String shown,
            Deque<AutoCloseable> resources,
            @Nullable DataSource beside) {
        this.source = source;
        this.dialect = dialect;
        this.shown = shown;
        this.resources = resources;
        this.beside = beside;
    }

    /**
     * The embedded one.
     *
     * @param directory of the database alone, made where it is not there
     * @throws DatabaseException where another process has it
     */
    public static ClosedDatabase embedded(Path directory) {
        Path place = directory.toAbsolutePath().normalize();
        DataSource source = Sources.h2(place.resolve("llmproxy"));
        Deque<AutoCloseable> resources = new ArrayDeque<>();
        try {
            resources.push(DirectoryLock.take(place));
            resources.push(new EmbeddedFile(source));
            return new ClosedDatabase(
                    source, SqlDialect.H2, place.resolve("llmproxy.mv.db").toString(), resources, null);
        } catch (SQLException e) {
            Database.closeAll(resources);
            throw e.getErrorCode() == H2_IN_USE ? DirectoryLock.inUse(place, e) : away(place.toString(), e);
        } catch (RuntimeException e) {
            Database.closeAll(resources);
            throw e;
        }
    }

    /**
     * PostgreSQL.
     *
     * @throws DatabaseException where it does not answer
     */
    public static ClosedDatabase postgresql(String url, @Nullable String user, @Nullable Secret password) {
        String known = Sources.known(url);
        DataSource source = Sources.patient(known, user, password, APPLICATION);
        DataSource beside = Sources.patient(Sources.inSchema(known, BESIDE), user, password, APPLICATION);
        ClosedDatabase database =
                new ClosedDatabase(source, SqlDialect.POSTGRESQL, Sources.shown(known), new ArrayDeque<>(), beside);
        database.asking("opening the database", connection -> true);
        return database;
    }

    /** Its name without credentials. */
    public String shown() {
        return shown;
    }

    /** Its kind, in lower case. */
    public String kind() {
        return dialect.name().toLowerCase(java.util.Locale.ROOT);
    }

    /** @throws DatabaseException where servers are connected to it, which PostgreSQL knows */
    public void refuseServers() {
        if (dialect == SqlDialect.POSTGRESQL) {
            long servers = asking(
                    "looking for servers",
                    connection -> number(
                            connection,
                            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = CURRENT_DATABASE()"
                                    + " AND application_name = 'llmproxy'"));
            if (servers > 0) {
                throw new DatabaseException(
                        Reason.IN_USE,
                        "servers are connected to " + shown + " (" + servers
                                + " connections); stop every one of them first",
                        null);
            }
        }
    }

    public SchemaState schema() {
        try {
            return new Migrations(source, "").state();
        } catch (SQLException e) {
            throw away(shown, e);
        }
    }

    /** Whether it has no tables, or nothing in them. */
    public boolean empty() {
        return asking("looking at the tables", StateTables::empty);
    }

    /**
     * Brings the schema to a version.
     *
     * @param version null: the newest that this program knows
     * @throws DatabaseException where a newer program wrote it
     */
    public void migrate(@Nullable String version, Upgrade upgrade) {
        List<MigrationScript> scripts = MigrationScript.all();
        if (version != null) {
            scripts = scripts.stream()
                    .filter(s -> Integer.parseInt(s.version()) <= Integer.parseInt(version))
                    .toList();
        }
        try {
            boolean changed = new Migrations(source, scripts, upgrade.program()).run(state -> {
                if (dialect == SqlDialect.H2) {
                    String from = String.valueOf(state.version());
                    upgrade.before().keep(from, state.known(), sink -> copy(from, t -> true, sink));
                }
            });
            if (changed && dialect == SqlDialect.H2) {
                upgrade.before().changed();
            }
        } catch (SQLException e) {
            throw away(shown, e);
        }
    }

    /** Gives all rows of the wanted tables to the sink, as they are at one moment, in the schema that the database has. */
    public void copy(Predicate<String> wanted, TableSink sink) {
        copy(String.valueOf(schema().version()), wanted, sink);
    }

    /**
     * The same.
     *
     * @param version of the schema in which they are given, whatever was added to it: that of the database, or an earlier one
     */
    public void copy(String version, Predicate<String> wanted, TableSink sink) {
        asking("copying the database", connection -> {
            connection.setTransactionIsolation(dialect.snapshotIsolation());
            connection.setAutoCommit(false);
            new TableReader(connection, dialect).copy(version, wanted, sink);
            connection.rollback();
            return true;
        });
    }

    /**
     * Fills the empty tables: PostgreSQL's all at once or not at all; an embedded database is for the caller to throw away where
     * that fails.
     */
    public void fill(Consumer<TableSink> rows) {
        boolean embedded = dialect == SqlDialect.H2;
        asking("filling the database", connection -> {
            connection.setAutoCommit(false);
            try (TableWriter writer = new TableWriter(connection, embedded)) {
                rows.accept(writer);
                connection.commit();
            } catch (RuntimeException e) {
                connection.rollback();
                throw e;
            }
            if (embedded) {
                connection.setAutoCommit(true);
                execute(connection, "CHECKPOINT SYNC");
            }
            return true;
        });
    }

    /**
     * An empty schema of the same database, as a database of its own, for what is to take the place of what is here by {@link #takeBeside};
     * closing it drops what was not taken. PostgreSQL alone.
     */
    public ClosedDatabase beside() {
        if (beside == null) {
            throw new IllegalStateException("an embedded database has nothing beside it");
        }
        asking("making a schema", connection -> {
            connection.setAutoCommit(false);
            execute(connection, DROP_BESIDE);
            execute(connection, "CREATE SCHEMA " + BESIDE);
            connection.commit();
            return true;
        });
        AutoCloseable drop = () -> asking("dropping a schema", connection -> {
            execute(connection, DROP_BESIDE);
            return true;
        });
        return new ClosedDatabase(beside, dialect, shown, new ArrayDeque<>(List.of(drop)), null);
    }

    /** Moves the tables that are here into a schema that is made, and those of {@link #beside} here: all of it or nothing. */
    public void takeBeside(String aside) {
        asking("changing the tables", connection -> {
            connection.setAutoCommit(false);
            String here = text(connection, "SELECT CURRENT_SCHEMA");
            execute(connection, "CREATE SCHEMA " + aside);
            for (String table : tables(connection, here)) {
                execute(connection, "ALTER TABLE " + table + " SET SCHEMA " + aside);
            }
            for (String table : tables(connection, BESIDE)) {
                execute(connection, "ALTER TABLE " + BESIDE + "." + table + " SET SCHEMA \"" + here + "\"");
            }
            execute(connection, "DROP SCHEMA " + BESIDE);
            connection.commit();
            return true;
        });
    }

    /** Drops the tables of an empty state. */
    public void dropEmptyTables() {
        if (!empty()) {
            throw new IllegalStateException("the tables are not empty");
        }
        asking("dropping empty tables", connection -> {
            connection.setAutoCommit(false);
            for (String table : tables(connection, text(connection, "SELECT CURRENT_SCHEMA"))) {
                execute(connection, "DROP TABLE " + table + " CASCADE");
            }
            connection.commit();
            return true;
        });
    }

    /** Ours alone, with the history of the schema. */
    private static List<String> tables(Connection connection, String schema) throws SQLException {
        List<String> tables = new ArrayList<>();
        String sql = "SELECT table_name FROM information_schema.tables WHERE table_schema = ?";
        try (var statement = connection.prepareStatement(sql)) {
            statement.setString(1, schema);
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    String table = result.getString(1);
                    if (StateTables.NAMES.contains(table) || table.equals(Migrations.HISTORY)) {
                        tables.add(table);
                    }
                }
            }
        }
        return tables;
    }

    /** What is sealed in it, which the schema of this program must be there for. */
    public SealedValues sealed() {
        return new SealedValues(new Sql(new Transactions(source, dialect, () -> {})));
    }

    private static long number(Connection connection, String sql) throws SQLException {
        return Long.parseLong(text(connection, sql));
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery(sql)) {
            result.next();
            return result.getString(1);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private <T> T asking(String doing, Transactions.Work<T> work) {
        Connection connection;
        try {
            connection = source.getConnection();
        } catch (SQLException e) {
            throw away(shown, e);
        }
        try (connection) {
            return work.on(connection);
        } catch (SQLException e) {
            throw new StoreException(
                    doing + " " + shown + ": " + Failures.of(doing, e).getMessage(), e);
        }
    }

    private static DatabaseException away(String what, SQLException e) {
        return new DatabaseException(
                Reason.AWAY, what + " cannot be opened: " + e.getMessage() + " (SQL state " + e.getSQLState() + ")", e);
    }

    @Override
    public void close() {
        Database.closeAll(resources);
    }
}
