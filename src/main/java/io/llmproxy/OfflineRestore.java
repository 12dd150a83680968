package io.llmproxy;

import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.NewFile;
import io.llmproxy.adapter.backup.TableTally;
import io.llmproxy.adapter.jdbc.ClosedDatabase;
import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.jdbc.SchemaState;
import io.llmproxy.adapter.jdbc.Upgrade;
import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.adapter.secret.NeededKeys;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * Makes a state of a backup. The file is read whole before anything is touched; what is there stays where it is until the new state is complete
 * and was compared with the manifest, and is then moved aside, not deleted.
 */
final class OfflineRestore {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final OfflineArguments line;
    private final KeyAtStart keys;
    private final InstantSource clock = InstantSource.system();
    private final List<String> warnings = new ArrayList<>();

    OfflineRestore(OfflineArguments line, KeyAtStart keys) {
        this.line = line;
        this.keys = keys;
    }

    /**
     * What was done.
     *
     * @param replaced where the old state is; null: there was none
     * @param ledger sound, or faults; null: the next start brings it into the form in which it can be checked
     */
    record Restored(
            String file,
            String database,
            String createdAt,
            String program,
            String schema,
            String tenant,
            long rows,
            long requests,
            @Nullable String replaced,
            @Nullable String ledger,
            List<String> warnings) {}

    Restored run() throws IOException, StartException, ConfigException {
        ApplianceConfig config = line.config();
        BackupFile file = new BackupFile(Path.of(line.required("file")), line.opening());
        Path data = line.data(config);
        boolean embedded = config.database().url() == null;
        boolean there = Files.isDirectory(data);
        if (!embedded && !there && line.path("data-dir") == null) {
            // nothing of it lies in a directory
            return onPostgresql(config, null, file);
        }
        try (DataDirectory held = DataDirectory.takeForRestore(data)) {
            if (StateSwap.undo(data)) {
                warnings.add("a restore that was cut off was taken back first");
            }
            Restored restored = embedded ? embedded(held, file) : onPostgresql(config, data, file);
            Ownership.like(there ? data : data.toAbsolutePath().getParent(), data);
            return restored;
        }
    }

    private Restored embedded(DataDirectory held, BackupFile file) throws IOException {
        Path data = held.path();
        if (hasState(data) && !line.flag("replace")) {
            throw new OfflineException(
                    OfflineException.CONFLICT,
                    data + " has a state already; --replace moves it aside, or name another directory with --data-dir");
        }
        BackupManifest manifest = verified(file);
        Path staging = data.resolve(StateSwap.STAGING);
        Trees.delete(staging);
        Files.createDirectories(staging);
        String ledger;
        String needed;
        try {
            needed = fill(staging, file, manifest);
            ledger = checked(staging, manifest);
        } catch (RuntimeException e) {
            Trees.delete(staging);
            throw e;
        }
        keys.fault(needed, data, Files.exists(staging.resolve(BackupPlace.MASTER_KEY)))
                .ifPresent(warnings::add);
        String aside = "replaced-" + STAMP.format(clock.instant());
        StateSwap swap = StateSwap.of(data, aside);
        swap.run();
        return restored(
                file,
                data.resolve("db").toString(),
                manifest,
                swap.replaces() ? data.resolve(aside).toString() : null,
                ledger);
    }

    /** A directory that holds nothing but a lock and the key that was put there for the state to come has none. */
    private static boolean hasState(Path data) throws IOException {
        return Files.exists(data.resolve("db/llmproxy.mv.db"))
                || !BackupPlace.segments(data).isEmpty();
    }

    private static BackupManifest verified(BackupFile file) {
        BackupManifest manifest = file.verify();
        OfflineBackup.refuseNewer(manifest);
        return manifest;
    }

    private static @Nullable String fill(Path staging, BackupFile file, BackupManifest manifest) {
        try (ClosedDatabase database = ClosedDatabase.embedded(staging.resolve("db"))) {
            return filled(database, file, manifest, staging);
        }
    }

    /** Fills the database, and gives the id of the master key that what it holds needs; null: none. */
    private static @Nullable String filled(
            ClosedDatabase database, BackupFile file, BackupManifest manifest, @Nullable Path directory) {
        database.migrate(manifest.schema(), Upgrade.by(manifest.program()));
        database.fill(sink -> file.read(manifest, sink, (name, content) -> {
            if (directory != null) {
                put(directory, name, content);
            }
        }));
        TableTally tally = new TableTally();
        database.copy(table -> manifest.table(table).isPresent(), tally);
        List<String> differences = TableTally.differences(manifest.tables(), tally.tables());
        if (!differences.isEmpty()) {
            throw new BackupException(
                    "what was restored is not what the backup holds: " + String.join("; ", differences));
        }
        return needed(database, manifest);
    }

    /** Of an earlier schema only the key that its process had is known. */
    private static @Nullable String needed(ClosedDatabase database, BackupManifest manifest) {
        String had = manifest.masterKeyId();
        if (!manifest.schema().equals(SchemaState.newest())) {
            return had;
        }
        SortedSet<String> ids = database.sealed().read(NeededKeys::of).ids();
        if (had != null && ids.contains(had)) {
            return had;
        }
        return ids.isEmpty() ? null : ids.first();
    }

    /** Names of a backup lead nowhere but where they belong. */
    private static void put(Path directory, String name, InputStream content) throws IOException {
        String plain = name.startsWith(BackupPlace.JOURNAL) ? name.substring(BackupPlace.JOURNAL.length()) : "";
        boolean segment = plain.matches("[0-9]{1,18}-[0-9a-fA-F-]{36}\\.log");
        if (!segment && !name.equals(BackupPlace.MASTER_KEY)) {
            throw new BackupException("the backup holds a file that does not belong there: " + name);
        }
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        NewFile.write(file, content::transferTo);
    }

    /** Null where the schema is an older one. */
    private static @Nullable String checked(Path staging, BackupManifest manifest) {
        if (!manifest.schema().equals(SchemaState.newest()) || !manifest.ledger()) {
            return null;
        }
        try (Database database = Database.open(null, staging, null, null, 2)) {
            return database.usage(new JournalFormat()).check(Map.of()).sound() ? "sound" : "faults";
        }
    }

    private Restored onPostgresql(ApplianceConfig config, @Nullable Path data, BackupFile file) throws IOException {
        try (ClosedDatabase database = ClosedDatabase.postgresql(
                String.valueOf(config.database().url()),
                config.database().user(),
                PartSettings.databasePassword(config))) {
            database.refuseServers();
            boolean empty = database.empty();
            if (!empty && !line.flag("replace")) {
                throw new OfflineException(
                        OfflineException.CONFLICT,
                        database.shown()
                                + " has a state already; --replace moves its tables into a schema of their own");
            }
            BackupManifest manifest = verified(file);
            Path staging = data == null ? null : data.resolve(StateSwap.STAGING);
            if (staging != null) {
                Trees.delete(staging);
                Files.createDirectories(staging);
            }
            String aside = "llmproxy_replaced_" + STAMP.format(clock.instant()).toLowerCase(Locale.ROOT);
            String needed;
            if (empty) {
                if (database.schema().version() != null) {
                    database.dropEmptyTables();
                }
                needed = filled(database, file, manifest, staging);
            } else {
                // what is there stays in its place until the other is complete, and then both move in one transaction
                try (ClosedDatabase beside = database.beside()) {
                    needed = filled(beside, file, manifest, staging);
                    database.takeBeside(aside);
                }
            }
            if (data != null && staging != null) {
                // a key that is there stays
                boolean brought = Files.exists(staging.resolve(BackupPlace.MASTER_KEY))
                        && !Files.exists(data.resolve(BackupPlace.MASTER_KEY));
                keys.fault(needed, data, brought).ifPresent(warnings::add);
                addFiles(data, staging);
            }
            return restored(file, database.shown(), manifest, empty ? null : "schema " + aside, null);
        }
    }

    /** Journals are known by their own names, so those of a backup may lie beside others; a key may not. */
    private void addFiles(Path data, Path staging) throws IOException {
        if (Files.isDirectory(staging.resolve("journal"))) {
            Files.createDirectories(data.resolve("journal"));
            for (Path segment : BackupPlace.segments(staging)) {
                Path target = data.resolve("journal").resolve(segment.getFileName());
                if (!Files.exists(target)) {
                    Files.move(segment, target);
                }
            }
        }
        Path key = staging.resolve(BackupPlace.MASTER_KEY);
        if (Files.exists(key)) {
            if (Files.exists(data.resolve(BackupPlace.MASTER_KEY))) {
                warnings.add("the master key of the backup was not written, as there is one: "
                        + data.resolve(BackupPlace.MASTER_KEY));
            } else {
                Files.move(key, data.resolve(BackupPlace.MASTER_KEY));
            }
        }
        Trees.delete(staging);
    }

    private Restored restored(
            BackupFile file, String database, BackupManifest m, @Nullable String replaced, @Nullable String ledger) {
        return new Restored(
                file.path().toString(),
                database,
                m.createdAt().toString(),
                m.program(),
                m.schema(),
                m.tenant(),
                m.rows(),
                m.requests(),
                replaced,
                ledger,
                List.copyOf(warnings));
    }
}
