package io.llmproxy;

import io.llmproxy.adapter.backup.BackupDirectory;
import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.NewFile;
import io.llmproxy.adapter.backup.Seal;
import io.llmproxy.adapter.backup.SealKeys;
import io.llmproxy.adapter.jdbc.ClosedDatabase;
import io.llmproxy.adapter.jdbc.SchemaState;
import io.llmproxy.adapter.secret.MasterKey;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Backups without a server: of a state that none runs on, and of files. */
final class OfflineBackup {
    private final OfflineArguments line;
    private final KeyAtStart keys;

    OfflineBackup(OfflineArguments line, KeyAtStart keys) {
        this.line = line;
        this.keys = keys;
    }

    /** What a backup is, for people and scripts. */
    record Shown(
            String file,
            long bytes,
            boolean sealed,
            String createdAt,
            String program,
            String schema,
            String database,
            String tenant,
            String reason,
            @Nullable String masterKeyId,
            boolean masterKey,
            boolean ledger,
            long rows,
            long requests,
            List<Count> tables) {
        static Shown of(Path file, boolean sealed, BackupManifest m) {
            return new Shown(
                    file.toString(),
                    file.toFile().length(),
                    sealed,
                    m.createdAt().toString(),
                    m.program(),
                    m.schema(),
                    m.database(),
                    m.tenant(),
                    m.reason(),
                    m.masterKeyId(),
                    m.masterKey(),
                    m.ledger(),
                    m.rows(),
                    m.requests(),
                    m.tables().stream().map(t -> new Count(t.name(), t.rows())).toList());
        }
    }

    /** How many rows a table has. */
    record Count(String table, long rows) {}

    /** A key pair that was written. */
    record KeyPairFiles(String privateKey, String publicKey, String id) {}

    Shown create() throws IOException, StartException, ConfigException {
        Seal seal = line.sealing();
        return StoppedState.with(line, state -> create(state, seal));
    }

    private Shown create(StoppedState state, @Nullable Seal seal) throws IOException, StartException {
        ClosedDatabase database = state.database();
        boolean ledger = !line.flag("without-ledger");
        boolean withKey = line.flag("include-master-key");
        String schema = database.schema().version();
        if (schema == null) {
            throw new OfflineException(
                    OfflineException.FAILED, database.shown() + " is empty: there is nothing to keep");
        }
        Optional<MasterKey> key = keys.of(state.data(), withKey);
        BackupManifest.Origin origin = state.place()
                .origin(
                        schema,
                        database.kind(),
                        BackupPlace.MANUAL,
                        key.map(MasterKey::id).orElse(null),
                        withKey,
                        ledger);
        Path named = line.path("file");
        Path file = named == null ? state.place().directory().fresh(origin, seal != null) : named;
        BackupManifest manifest = NewFile.write(
                file.toAbsolutePath(),
                out -> BackupFile.write(out, seal, origin, writer -> {
                    if (ledger && state.embedded()) {
                        BackupPlace.journal(state.data(), writer);
                    }
                    if (withKey) {
                        String text = key.orElseThrow().text().reveal();
                        writer.file(
                                BackupPlace.MASTER_KEY,
                                new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)));
                    }
                    database.copy(schema, table -> BackupPlace.wanted(table, ledger), writer);
                }));
        return Shown.of(file, seal != null, manifest);
    }

    Shown verify() {
        Path file = Path.of(line.required("file"));
        BackupFile backup = new BackupFile(file, line.opening());
        BackupManifest manifest = backup.verify();
        refuseNewer(manifest);
        return Shown.of(file, backup.sealed(), manifest);
    }

    /** Of a schema that this program does not know nothing can be said but that it is whole. */
    static void refuseNewer(BackupManifest manifest) {
        boolean known = manifest.schema().matches("\\d{1,6}")
                && Integer.parseInt(manifest.schema()) <= Integer.parseInt(SchemaState.newest());
        if (!known) {
            throw new OfflineException(
                    OfflineException.FAILED,
                    "the backup is whole, and has the schema version " + manifest.schema() + ", of "
                            + manifest.program()
                            + "; this program, " + BackupPlace.program() + ", knows versions up to "
                            + SchemaState.newest() + ": use that one, or a newer");
        }
    }

    List<BackupDirectory.Entry> list() throws ConfigException {
        Path named = line.path("directory");
        if (named != null) {
            return new BackupDirectory(named).list();
        }
        ApplianceConfig config = line.config();
        return new BackupPlace(config, line.data(config), InstantSource.system())
                .directory()
                .list();
    }

    /** What killed processes left half written in a directory goes. */
    List<String> tidy() {
        new BackupDirectory(Path.of(line.required("directory")))
                .tidy(InstantSource.system().instant());
        return List.of();
    }

    /**
     * Gives a backup that root wrote, and the directories that were made for it, to the service's user, where that has the directory in which
     * they are. The service could not list or delete it otherwise, nor write beside it. Directories of others, root's among them, are left as
     * they are: who reads there is for whoever made them.
     */
    List<String> handOver() throws IOException {
        Path data = line.path("data-dir");
        String user =
                data == null ? line.required("user") : Files.getOwner(data).getName();
        Ownership.below(Path.of(line.required("base")), Path.of(line.required("file")), user);
        return List.of();
    }

    KeyPairFiles key() {
        Path file = Path.of(line.required("file")).toAbsolutePath();
        SealKeys.Pair pair = SealKeys.generate();
        Path shown = file.resolveSibling(file.getFileName() + ".pub");
        write(shown, pair.publicLine());
        write(file, pair.privateLine());
        return new KeyPairFiles(file.toString(), shown.toString(), pair.id());
    }

    private static void write(Path file, String text) {
        NewFile.write(file, out -> {
            out.write((text + "\n").getBytes(StandardCharsets.US_ASCII));
            return true;
        });
    }
}
