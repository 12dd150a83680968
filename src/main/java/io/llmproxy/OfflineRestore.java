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
import io.llmproxy.adapter.secret.MasterKey;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Makes a state of a backup. The file is read whole before anything is touched; what is there stays where it is until the new state is complete
 * and was compared with the manifest, and is then moved aside, not deleted.
 */
final class OfflineRestore {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    /** What belongs to a state, in a data directory. */
    private static final List<String> PARTS = List.of("db", "journal", BackupPlace.MASTER_KEY);

    private final OfflineArguments line;
    private final InstantSource clock = InstantSource.system();
    private final List<String> warnings = new ArrayList<>();

    OfflineRestore(OfflineArguments line) {
        this.line = line;
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
            Restored restored = embedded ? embedded(held, file) : onPostgresql(config, data, file);
            Ownership.like(there ? data : data.getParent(), data);
            return restored;
        }
    }

    private Restored embedded(DataDirectory held, BackupFile file) throws IOException {
        Path data = held.path();
        List<Path> old = present(data);
        boolean replace = line.flag("replace");
        if (!old.isEmpty() && !replace) {
            throw new OfflineException(
                    OfflineException.CONFLICT,
                    data + " has a state already (" + old.getFirst().getFileName()
                            + "); --replace moves it aside, or name another directory with --data-dir");
        }
        BackupManifest manifest = verified(file);
        Path staging = data.resolve(".restoring");
        Trees.delete(staging);
        Files.createDirectories(staging);
        String ledger;
        try {
            fill(staging, file, manifest);
            ledger = checked(staging, manifest);
        } catch (RuntimeException e) {
            Trees.delete(staging);
            throw e;
        }
        warnOfKey(manifest, data, staging);
        // while it is there no server starts, since what lies in the directory is a part
        held.mark();
        Path aside = data.resolve("replaced-" + STAMP.format(clock.instant()));
        Path key = data.resolve(BackupPlace.MASTER_KEY);
        if (manifest.masterKey() && Files.exists(key) && !old.contains(key)) {
            old.add(key);
        }
        boolean moved = false;
        for (Path part : old) {
            if (!part.getFileName().toString().equals(BackupPlace.MASTER_KEY) || manifest.masterKey()) {
                Files.createDirectories(aside);
                Files.move(part, aside.resolve(part.getFileName()));
                moved = true;
            }
        }
        for (String part : PARTS) {
            if (Files.exists(staging.resolve(part))) {
                Files.move(staging.resolve(part), data.resolve(part));
            }
        }
        Trees.delete(staging);
        Trees.sync(data);
        held.unmark();
        return restored(file, data.resolve("db").toString(), manifest, moved ? aside.toString() : null, ledger);
    }

    /** A directory that holds nothing but a lock and the key that was put there for the state to come is none. */
    private static List<Path> present(Path data) throws IOException {
        List<Path> present = new ArrayList<>();
        if (Files.exists(data.resolve("db/llmproxy.mv.db"))) {
            present.add(data.resolve("db"));
        }
        if (!BackupPlace.segments(data).isEmpty()) {
            present.add(data.resolve("journal"));
        }
        if (!present.isEmpty() && Files.exists(data.resolve(BackupPlace.MASTER_KEY))) {
            present.add(data.resolve(BackupPlace.MASTER_KEY));
        }
        return present;
    }

    private static BackupManifest verified(BackupFile file) {
        BackupManifest manifest = file.verify();
        OfflineBackup.refuseNewer(manifest);
        return manifest;
    }

    private static void fill(Path staging, BackupFile file, BackupManifest manifest) {
        try (ClosedDatabase database = ClosedDatabase.embedded(staging.resolve("db"))) {
            filled(database, file, manifest, staging);
        }
    }

    private static void filled(
            ClosedDatabase database, BackupFile file, BackupManifest manifest, @Nullable Path directory) {
        database.migrate(manifest.schema(), Upgrade.by(manifest.program()));
        database.fill(sink -> file.read(manifest, sink, (name, content) -> {
            if (directory != null) {
                put(directory, name, content.readAllBytes());
            }
        }));
        TableTally tally = new TableTally();
        database.copy(table -> manifest.table(table).isPresent(), tally);
        List<String> differences = TableTally.differences(manifest.tables(), tally.tables());
        if (!differences.isEmpty()) {
            throw new BackupException(
                    "what was restored is not what the backup holds: " + String.join("; ", differences));
        }
    }

    /** Names of a backup lead nowhere but where they belong. */
    private static void put(Path directory, String name, byte[] content) throws IOException {
        String plain = name.startsWith(BackupPlace.JOURNAL) ? name.substring(BackupPlace.JOURNAL.length()) : "";
        if (plain.matches("[0-9]{1,18}-[0-9a-fA-F-]{36}\\.log")) {
            Files.createDirectories(directory.resolve("journal"));
            Files.write(directory.resolve("journal").resolve(plain), content);
        } else if (name.equals(BackupPlace.MASTER_KEY)) {
            NewFile.write(directory.resolve(name), out -> {
                out.write(content);
                return true;
            });
        } else {
            throw new BackupException("the backup holds a file that does not belong there: " + name);
        }
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

    /** Credentials that were sealed under a key that is not here cannot be opened, which a start would refuse. */
    private void warnOfKey(BackupManifest manifest, Path data, Path staging) {
        if (manifest.masterKeyId() == null) {
            return;
        }
        Optional<String> here = Files.exists(staging.resolve(BackupPlace.MASTER_KEY))
                ? Optional.of(manifest.masterKeyId())
                : MasterKey.find(System.getenv()::get, data).map(MasterKey::id);
        if (here.isEmpty() || !here.get().equals(manifest.masterKeyId())) {
            warnings.add(
                    "credentials in the backup are sealed under the master key " + manifest.masterKeyId() + ", and "
                            + (here.isEmpty() ? "there is none here" : "the one here is " + here.get())
                            + "; bring it back as " + data.resolve(BackupPlace.MASTER_KEY)
                            + ", a systemd credential or LLMPROXY_MASTER_KEY before the start");
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
            Instant now = clock.instant();
            String aside = "llmproxy_replaced_" + STAMP.format(now).toLowerCase(java.util.Locale.ROOT);
            if (!empty) {
                database.moveTables(aside);
            } else if (database.schema().version() != null) {
                database.dropEmptyTables();
            }
            Path staging = data == null ? null : data.resolve(".restoring");
            try {
                if (staging != null) {
                    Trees.delete(staging);
                    Files.createDirectories(staging);
                }
                filled(database, file, manifest, staging);
            } catch (IOException | RuntimeException e) {
                if (!empty) {
                    database.moveTablesBack(aside);
                }
                throw e;
            }
            if (data != null && staging != null) {
                warnOfKey(manifest, data, staging);
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
