package io.llmproxy;

import io.llmproxy.adapter.backup.BackupDirectory;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.BackupWriter;
import io.llmproxy.adapter.backup.Seal;
import io.llmproxy.adapter.backup.SealKeys;
import io.llmproxy.adapter.jdbc.DatabaseException;
import io.llmproxy.adapter.jdbc.SchemaState;
import io.llmproxy.adapter.jdbc.Upgrade;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ApplianceConfig.BackupConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

    /** Gives what root's commands made in the data directory to the user who owns that: the service could not even list it. */
    void handOver() throws IOException {
        if (Files.isDirectory(data)) {
            Ownership.like(data, data);
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
        return new Upgrade(
                program(), new BackupBeforeMigration(this, data, config.backup().beforeMigration()));
    }

    UpgradeTries tries() {
        return new UpgradeTries(data, directory().path());
    }

    /** What to do about a schema that this program cannot use, behind the sentence that says so; empty where there is nothing. */
    String wayBack(DatabaseException e) {
        return switch (e.reason()) {
            case NEWER ->
                wayBack(Integer.parseInt(SchemaState.newest()))
                        .map(file ->
                                ": " + file + " is one, for llmproxyctl backup restore --replace of the newer program")
                        .orElse(" (llmproxyctl backup list)");
            case SCHEMA -> {
                List<UpgradeTries.Kept> kept = tries().kept();
                yield kept.isEmpty()
                        ? ""
                        : wayBack(kept.getFirst().backup(), kept.getLast().backup());
            }
            case SETTINGS, AWAY, IN_USE -> "";
        };
    }

    private String wayBack(Path first, Path last) {
        return ". What was before the first try is in " + first
                + (first.equals(last) ? "" : ", and what was before the last one in " + last)
                + "; the way back to the older program is llmproxyctl backup restore " + first
                + " --replace --data-dir "
                + data + ", before that is installed again";
    }

    /** The newest backup that a program whose newest schema is that one can run on. */
    private Optional<String> wayBack(int schema) {
        return directory().list().stream()
                .filter(e ->
                        e.schema() != null && e.schema().matches("\\d{1,6}") && Integer.parseInt(e.schema()) <= schema)
                .map(BackupDirectory.Entry::file)
                .findFirst();
    }
}
