package io.llmproxy.adapter.jdbc;

import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * Brings the schema to the version of this program. Most starts find it there already, and for them the history is read by
 * one query, since loading Flyway takes longer than all else that a start does with the database.
 *
 * <p>A script that was cut off in its middle or failed there is run again, whole, by the next start: each can be, since H2 keeps what its
 * first statements made. Of one that was cut off there is no history row, and that of one that failed goes, since Flyway stops at it.
 */
final class Migrations {
    static final String HISTORY = "flyway_schema_history";
    /** Held here, since java.util.logging forgets loggers, and with them their levels, that nobody holds. */
    private static final Logger FLYWAY_LOG = Logger.getLogger("org.flywaydb");

    private static final int LONGEST_NAME = 100;
    private final DataSource source;
    private final DataSource patient;
    private final List<MigrationScript> scripts;
    private final String program;

    /** @param program what makes them */
    Migrations(DataSource source, String program) {
        this(source, MigrationScript.all(), program);
    }

    /** @param patient the same database, for the changes alone: one may take long, unlike the look at what is there */
    Migrations(DataSource source, DataSource patient, String program) {
        this(source, patient, MigrationScript.all(), program);
    }

    /** @param scripts from the first one on, and no others */
    Migrations(DataSource source, List<MigrationScript> scripts, String program) {
        this(source, source, scripts, program);
    }

    private Migrations(DataSource source, DataSource patient, List<MigrationScript> scripts, String program) {
        this.source = source;
        this.patient = patient;
        this.scripts = scripts;
        this.program = program.substring(0, Math.min(program.length(), LONGEST_NAME));
    }

    private record Applied(
            @Nullable String version,
            @Nullable Integer checksum,
            boolean success,
            @Nullable String program) {}

    /** Called before something is changed that was there. */
    @FunctionalInterface
    interface Before {
        void change(SchemaState state) throws SQLException;
    }

    /**
     * Does what is to be done.
     *
     * @return whether something was changed that was there
     * @throws SQLException where the database does not answer
     */
    boolean run(Before before) throws SQLException {
        List<Applied> applied = applied();
        refuseUnknown(applied);
        if (upToDate(applied)) {
            return false;
        }
        SchemaState state = state(applied);
        boolean there = state.version() != null;
        if (there) {
            before.change(state);
        }
        forgetFailed(applied);
        migrate();
        return there;
    }

    SchemaState state() throws SQLException {
        return state(applied());
    }

    private SchemaState state(List<Applied> applied) {
        Optional<Applied> last = applied.stream()
                .filter(a -> a.success && number(a.version) >= 0)
                .max(Comparator.comparingInt(a -> number(a.version)));
        Map<String, Integer> done = done(applied);
        List<SchemaState.Step> pending = scripts.stream()
                .filter(s -> !done.containsKey(s.version()))
                .map(s -> new SchemaState.Step(s.version(), s.file(), s.statements()))
                .toList();
        return new SchemaState(
                last.map(Applied::version).orElse(null),
                last.map(Applied::program).orElse(null),
                known(),
                pending);
    }

    private String known() {
        return scripts.isEmpty() ? "0" : scripts.getLast().version();
    }

    /** Minus one for what is no number. */
    private static int number(@Nullable String version) {
        return version != null && version.matches("\\d{1,6}") ? Integer.parseInt(version) : -1;
    }

    private List<Applied> applied() throws SQLException {
        try (Connection connection = source.getConnection()) {
            return historyIsThere(connection) ? history(connection) : List.of();
        }
    }

    private static boolean historyIsThere(Connection connection) throws SQLException {
        String sql =
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = CURRENT_SCHEMA AND table_name = ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, HISTORY);
            try (ResultSet result = statement.executeQuery()) {
                return result.next() && result.getInt(1) > 0;
            }
        }
    }

    private static List<Applied> history(Connection connection) throws SQLException {
        List<Applied> applied = new ArrayList<>();
        // in quotes, since Flyway makes them so
        String sql = "SELECT \"version\", \"checksum\", \"success\", \"installed_by\" FROM \"" + HISTORY + "\"";
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                applied.add(new Applied(
                        result.getString(1),
                        result.getObject(2, Integer.class),
                        result.getBoolean(3),
                        result.getString(4)));
            }
        }
        return applied;
    }

    private void refuseUnknown(List<Applied> applied) {
        List<String> known = scripts.stream().map(MigrationScript::version).toList();
        for (Applied row : applied) {
            if (row.version != null && !known.contains(row.version)) {
                SchemaState state = state(applied);
                throw new DatabaseException(
                        Reason.NEWER,
                        newer(state, row) + "; this program, " + program + ", knows versions up to " + known()
                                + ". Nothing was changed. Run the newer program, or restore a backup that was made before",
                        null);
            }
        }
    }

    private static String newer(SchemaState state, Applied row) {
        if (!row.success && !state.newer()) {
            return "a change of the database to schema version " + row.version + by(row.program)
                    + ", failed and may be half done";
        }
        return "the database has schema version "
                + (state.newer() ? state.version() + by(state.program()) : row.version);
    }

    private static String by(@Nullable String program) {
        return program != null && program.startsWith("llmproxy ") ? ", of " + program : "";
    }

    private boolean upToDate(List<Applied> applied) {
        Map<String, Integer> done = done(applied);
        return scripts.stream().allMatch(s -> Integer.valueOf(s.checksum()).equals(done.get(s.version())));
    }

    private static Map<String, Integer> done(List<Applied> applied) {
        Map<String, Integer> done = new HashMap<>();
        for (Applied row : applied) {
            if (row.success && row.version != null && row.checksum != null) {
                done.put(row.version, row.checksum);
            }
        }
        return done;
    }

    /** There are such rows on H2 alone: PostgreSQL takes back what a script did, and its row with it. */
    private void forgetFailed(List<Applied> applied) throws SQLException {
        if (applied.stream().allMatch(Applied::success)) {
            return;
        }
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("DELETE FROM \"" + HISTORY + "\" WHERE NOT \"success\"");
        }
    }

    /** Flyway lets one process at a time do it where several share a database. */
    private void migrate() {
        FLYWAY_LOG.setLevel(Level.WARNING);
        try {
            Flyway.configure(Migrations.class.getClassLoader())
                    .loggers("slf4j")
                    .dataSource(patient)
                    .table(HISTORY)
                    .installedBy(program)
                    .locations(new String[0])
                    .resourceProvider(new MigrationScript.Provider(scripts))
                    .javaMigrationClassProvider(List::of)
                    .placeholderReplacement(false)
                    .ignoreMigrationPatterns(new String[0])
                    .cleanDisabled(true)
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new DatabaseException(Reason.SCHEMA, failed(e), e);
        }
    }

    private String failed(FlywayException e) {
        String what = "the database's schema cannot be brought to version " + known();
        SQLException fault = databasesOwn(e);
        if (fault == null) {
            return what + ": " + e.getMessage();
        }
        return what + ": " + unfinished() + " failed: " + firstLine(fault) + " (SQL state " + fault.getSQLState()
                + "). The next start tries it again";
    }

    private static @Nullable SQLException databasesOwn(Throwable e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return sql;
            }
        }
        return null;
    }

    /** H2 quotes the whole statement behind it, and PostgreSQL details. */
    private static String firstLine(SQLException e) {
        String line = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        return line.replaceFirst("; SQL statement:.*", "");
    }

    private String unfinished() {
        try {
            List<SchemaState.Step> pending = state().pending();
            return pending.isEmpty() ? "the last step" : pending.getFirst().name();
        } catch (SQLException e) {
            return "a step";
        }
    }
}
