package io.llmproxy.adapter.jdbc;

import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/**
 * Brings the schema to the version of this program. Most starts find it there already, and for them the history is read by
 * one query, since loading Flyway takes longer than all else that a start does with the database.
 */
final class Migrations {
    private static final String HISTORY = "flyway_schema_history";
    private final DataSource source;
    private final List<MigrationScript> scripts;

    Migrations(DataSource source) {
        this.source = source;
        this.scripts = MigrationScript.all();
    }

    private record Applied(
            @Nullable String version, @Nullable Integer checksum, boolean success) {}

    /** @throws SQLException where the database does not answer */
    void run() throws SQLException {
        List<Applied> applied = applied();
        refuseUnknown(applied);
        if (!upToDate(applied)) {
            migrate();
        }
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
        String sql = "SELECT \"version\", \"checksum\", \"success\" FROM \"" + HISTORY + "\"";
        try (PreparedStatement statement = connection.prepareStatement(sql);
                ResultSet result = statement.executeQuery()) {
            while (result.next()) {
                applied.add(new Applied(result.getString(1), result.getObject(2, Integer.class), result.getBoolean(3)));
            }
        }
        return applied;
    }

    private void refuseUnknown(List<Applied> applied) {
        List<String> known = scripts.stream().map(MigrationScript::version).toList();
        for (Applied row : applied) {
            if (row.version != null && !known.contains(row.version)) {
                throw new DatabaseException(
                        Reason.SCHEMA,
                        "the database has schema version " + row.version + "; this program knows versions up to "
                                + known.getLast()
                                + ". A newer program wrote it: run that one. Nothing was changed",
                        null);
            }
        }
    }

    private boolean upToDate(List<Applied> applied) {
        Map<String, Integer> done = new HashMap<>();
        for (Applied row : applied) {
            if (row.success && row.version != null && row.checksum != null) {
                done.put(row.version, row.checksum);
            }
        }
        return scripts.stream().allMatch(s -> Integer.valueOf(s.checksum()).equals(done.get(s.version())));
    }

    private void migrate() {
        try {
            Flyway.configure(Migrations.class.getClassLoader())
                    .loggers("slf4j")
                    .dataSource(source)
                    .table(HISTORY)
                    .locations(new String[0])
                    .resourceProvider(new MigrationScript.Provider(scripts))
                    .javaMigrationClassProvider(List::of)
                    .placeholderReplacement(false)
                    .ignoreMigrationPatterns(new String[0])
                    .cleanDisabled(true)
                    .load()
                    .migrate();
        } catch (FlywayException e) {
            throw new DatabaseException(
                    Reason.SCHEMA,
                    "the database's schema cannot be brought to the version of this program: " + e.getMessage(),
                    e);
        }
    }
}
