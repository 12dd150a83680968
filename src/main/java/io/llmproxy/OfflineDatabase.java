package io.llmproxy;

import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.backup.TableTally;
import io.llmproxy.adapter.jdbc.ClosedDatabase;
import io.llmproxy.adapter.jdbc.DatabaseException;
import io.llmproxy.adapter.jdbc.SchemaState;
import io.llmproxy.adapter.jdbc.Upgrade;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableSink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The schema of a database that no server runs on, and its move to another one. */
final class OfflineDatabase {
    private final OfflineArguments line;

    OfflineDatabase(OfflineArguments line) {
        this.line = line;
    }

    /**
     * How far the schema is.
     *
     * @param state empty, current, pending or newer
     */
    record Status(
            String database,
            String kind,
            String state,
            @Nullable String schema,
            @Nullable String program,
            String known,
            List<SchemaState.Step> pending) {}

    /** What a migration did. */
    record Migrated(String database, @Nullable String from, String to, List<String> done) {}

    /**
     * What a move did.
     *
     * @param configuration the lines to change
     */
    record Moved(String from, String to, long rows, List<OfflineBackup.Count> tables, String configuration) {}

    Status status() throws IOException, StartException, ConfigException {
        return StoppedState.with(line, state -> status(state.database()));
    }

    private static Status status(ClosedDatabase database) {
        SchemaState s = database.schema();
        String state = s.newer()
                ? "newer"
                : s.version() == null ? "empty" : s.pending().isEmpty() ? "current" : "pending";
        return new Status(database.shown(), database.kind(), state, s.version(), s.program(), s.known(), s.pending());
    }

    Object migrate() throws IOException, StartException, ConfigException {
        if (line.flag("dry-run")) {
            return status();
        }
        return StoppedState.withAny(line, state -> {
            ClosedDatabase database = state.database();
            SchemaState before = database.schema();
            migrate(database, state.place());
            return new Migrated(
                    database.shown(),
                    before.version(),
                    before.known(),
                    before.pending().stream().map(SchemaState.Step::name).toList());
        });
    }

    private static void migrate(ClosedDatabase database, BackupPlace place) {
        try {
            database.migrate(null, place.upgrade());
        } catch (DatabaseException e) {
            if (e.reason() == DatabaseException.Reason.SCHEMA) {
                throw new OfflineException(OfflineException.FAILED, e.getMessage() + place.wayBack(e));
            }
            throw e;
        }
    }

    Moved move() throws IOException, StartException, ConfigException {
        ApplianceConfig config = line.config();
        if (config.database().url() != null) {
            throw new OfflineException(
                    OfflineException.USAGE,
                    "the configuration names PostgreSQL already (database.url); what is moved is the embedded database");
        }
        Path data = line.data(config);
        if (!Files.exists(data.resolve("db/llmproxy.mv.db"))) {
            throw new OfflineException(
                    OfflineException.FAILED, "there is no embedded database in " + data + "; name it with --data-dir");
        }
        String to = line.required("to");
        String user = line.optional("user");
        Path passwordFile = line.path("password-file");
        Secret password = passwordFile == null
                ? null
                : new Secret(Files.readString(passwordFile).strip());
        try (DataDirectory _ = DataDirectory.take(data);
                ClosedDatabase source = ClosedDatabase.embedded(data.resolve("db"));
                ClosedDatabase target = ClosedDatabase.postgresql(to, user, password)) {
            target.refuseServers();
            if (!target.empty()) {
                throw new OfflineException(
                        OfflineException.CONFLICT, target.shown() + " has a state already; name an empty database");
            }
            List<OfflineBackup.Count> counts = moved(source, target);
            return new Moved(
                    source.shown(),
                    target.shown(),
                    counts.stream().mapToLong(OfflineBackup.Count::rows).sum(),
                    counts,
                    configuration(target.shown(), user, passwordFile));
        }
    }

    /** In one transaction, so that a move that fails or is killed leaves an empty database, and can be made again. */
    private static List<OfflineBackup.Count> moved(ClosedDatabase source, ClosedDatabase target) {
        SchemaState schema = source.schema();
        if (schema.newer() || schema.version() == null) {
            throw new OfflineException(
                    OfflineException.FAILED,
                    "the embedded database is empty, or of a newer program: " + schema.version());
        }
        if (target.schema().version() != null
                && !schema.version().equals(target.schema().version())) {
            target.dropEmptyTables();
        }
        target.migrate(schema.version(), Upgrade.by(BackupPlace.program()));
        TableTally read = new TableTally();
        target.fill(sink -> source.copy(table -> true, new Both(read, sink)));
        TableTally written = new TableTally();
        target.copy(table -> true, written);
        List<String> differences = TableTally.differences(read.tables(), written.tables());
        if (!differences.isEmpty()) {
            throw new BackupException("PostgreSQL does not hold what the embedded database does, do not use it: "
                    + String.join("; ", differences));
        }
        return read.tables().stream()
                .map(t -> new OfflineBackup.Count(t.name(), t.rows()))
                .toList();
    }

    private static String configuration(String url, @Nullable String user, @Nullable Path passwordFile) {
        return "database:\n  url: " + url + "\n" + (user == null ? "" : "  user: " + user + "\n")
                + (passwordFile == null ? "" : "  password-file: " + passwordFile.toAbsolutePath() + "\n");
    }

    /** Gives everything to two sinks. */
    private record Both(TableSink first, TableSink second) implements TableSink {
        @Override
        public void begin(TableLayout table) {
            first.begin(table);
            second.begin(table);
        }

        @Override
        public void row(List<@Nullable Object> values) {
            first.row(values);
            second.row(values);
        }

        @Override
        public void end() {
            first.end();
            second.end();
        }
    }
}
