package io.llmproxy;

import io.llmproxy.adapter.backup.BackupDirectory;
import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.BackupWriter;
import io.llmproxy.adapter.backup.NewFile;
import io.llmproxy.adapter.backup.Seal;
import io.llmproxy.adapter.backup.SealKeys;
import io.llmproxy.adapter.jdbc.Upgrade;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ApplianceConfig.BackupConfig;
import io.llmproxy.port.TableSink;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where a data directory's backups are kept, how they are sealed, and what is in them beside the database. */
final class BackupPlace {
    static final String MANUAL = "manual";
    static final String SCHEDULED = "scheduled";
    static final String BEFORE_MIGRATION = "before-migration";
    static final String JOURNAL = "journal/";
    /** Of the directory of a process, see {@link DataDirectory#own}. */
    static final String JOURNAL_NAME = "journal(-[0-9]{1,2})?";

    static final String MASTER_KEY = "master.key";
    private static final Logger LOG = System.getLogger(BackupPlace.class.getName());
    private final ApplianceConfig config;
    private final Path data;
    private final InstantSource clock;

    BackupPlace(ApplianceConfig config, Path data, InstantSource clock) {
        this.config = config;
        this.data = data;
        this.clock = clock;
    }

    BackupDirectory directory() {
        Path named = config.backup().directory();
        return new BackupDirectory(named == null ? data.resolve("backups") : named);
    }

    /** For a try that hands over whether or not it fails. */
    @FunctionalInterface
    interface HandingOver extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    /**
     * Gives what lies in the data directory to the user who owns that: what root's commands made there the service could not even
     * list. A directory elsewhere has the owner that somebody chose.
     */
    void handOver() throws IOException {
        Path path = directory().path().toAbsolutePath().normalize();
        if (path.startsWith(data.toAbsolutePath().normalize()) && Files.isDirectory(path)) {
            Ownership.like(data, path);
        }
    }

    String tenant() {
        String tenant = config.tenant();
        return tenant == null ? "*" : tenant;
    }

    /** What backups that nobody asks for are sealed by; null: nothing. */
    @Nullable
    Seal seal() {
        BackupConfig backup = config.backup();
        if (backup.recipientKey() != null) {
            return SealKeys.recipient(backup.recipientKey());
        }
        return backup.passphraseFile() == null ? null : SealKeys.passphrase(backup.passphraseFile());
    }

    static String program() {
        return "llmproxy " + Version.current();
    }

    BackupManifest.Origin origin(
            String schema,
            String database,
            String reason,
            @Nullable String masterKeyId,
            boolean masterKey,
            boolean ledger) {
        return new BackupManifest.Origin(
                clock.instant(), program(), schema, database, tenant(), reason, masterKeyId, masterKey, ledger);
    }

    /** Tables that a backup without usage leaves out: with none of them, a ledger begins anew. */
    static boolean wanted(String table, boolean ledger) {
        return ledger || !table.startsWith("usage_") && !table.equals("request_bodies");
    }

    /** Usage records that may not be in the database yet; call it before the database is read. */
    static void journal(Path data, BackupWriter writer) throws IOException {
        Set<String> written = new HashSet<>();
        // twice, since a process may take in what another one left while this looks, which moves segments from one
        // journal to the other
        for (int look = 0; look < 2; look++) {
            for (Path segment : segments(data)) {
                String name = JOURNAL + segment.getFileName();
                if (written.contains(name)) {
                    continue;
                }
                try (InputStream in = Files.newInputStream(segment)) {
                    writer.file(name, in);
                    written.add(name);
                } catch (NoSuchFileException e) {
                    // it went since all of it is in the database, or is elsewhere by now
                }
            }
        }
    }

    /** The directories of journals: the first process's and, where several follow one another, theirs. */
    static List<Path> journals(Path data) throws IOException {
        if (!Files.isDirectory(data)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(data)) {
            return files.filter(f -> f.getFileName().toString().matches(JOURNAL_NAME))
                    .filter(Files::isDirectory)
                    .sorted()
                    .toList();
        }
    }

    /** Their names are all different, whatever journal they are in. */
    static List<Path> segments(Path data) throws IOException {
        List<Path> segments = new ArrayList<>();
        for (Path journal : journals(data)) {
            try (Stream<Path> files = Files.list(journal)) {
                files.filter(f -> f.getFileName().toString().endsWith(".log"))
                        .sorted()
                        .forEach(segments::add);
            } catch (NoSuchFileException e) {
                // it was taken in by another process meanwhile
            }
        }
        return segments;
    }

    /** What is done before the schema of an embedded database changes. */
    Upgrade upgrade() {
        return new Upgrade(program(), new BeforeMigration());
    }

    /** Keeps what is there; the older ones of its kind go when the change was made, as one of them may be the only good one until then. */
    private final class BeforeMigration implements Upgrade.BeforeMigration {
        @Override
        public void keep(String from, String to, Consumer<TableSink> copy) {
            if (config.backup().beforeMigration() == 0) {
                LOG.log(
                        Level.WARNING,
                        "event 6863: the schema of the database becomes {0}, of {1}; no backup was made, as"
                                + " backup.before-migration is 0",
                        to,
                        from);
                return;
            }
            Seal seal = seal();
            BackupManifest.Origin origin = origin(from, "h2", BEFORE_MIGRATION, null, false, true);
            Path file = directory().fresh(origin, seal != null);
            NewFile.write(
                    file,
                    out -> BackupFile.write(out, seal, origin, writer -> {
                        journal(data, writer);
                        copy.accept(writer);
                    }));
            LOG.log(
                    Level.WARNING,
                    "event 6863: the schema of the database becomes {0}, of {1}; what was before is in {2}",
                    to,
                    from,
                    file);
        }

        @Override
        public void changed() {
            int keep = config.backup().beforeMigration();
            if (keep == 0) {
                return;
            }
            try {
                directory().prune(tenant(), BEFORE_MIGRATION, keep);
            } catch (BackupException e) {
                // the schema is changed by now, and one backup too many is no reason not to start
                LOG.log(Level.WARNING, "old backups of before a migration cannot be deleted", e);
            }
        }
    }

    /** The newest backup that a program whose newest schema is that one can run on. */
    Optional<String> wayBack(int schema) {
        return directory().list().stream()
                .filter(e ->
                        e.schema() != null && e.schema().matches("\\d{1,6}") && Integer.parseInt(e.schema()) <= schema)
                .map(BackupDirectory.Entry::file)
                .findFirst();
    }
}
