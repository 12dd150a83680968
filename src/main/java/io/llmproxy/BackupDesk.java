package io.llmproxy;

import io.llmproxy.adapter.backup.BackupDirectory;
import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.NewFile;
import io.llmproxy.adapter.backup.Seal;
import io.llmproxy.adapter.backup.SealKeys;
import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.secret.MasterKey;
import io.llmproxy.admin.BackupAdmin;
import io.llmproxy.config.ApplianceConfig.BackupConfig;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.runtime.Periodic;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Backups of the running server: for whoever asks, and by the clock. What was answered before one begins is in it, since the ledger is
 * written first, and what could not be is copied from the journal.
 */
final class BackupDesk implements AutoCloseable {
    private static final Logger LOG = System.getLogger(BackupDesk.class.getName());
    private static final Duration LOOK = Duration.ofSeconds(20);

    private final Appliance.Setup setup;
    private final BackupPlace place;
    private final Database database;
    private final MasterKey masterKey;
    private final BooleanSupplier flush;
    private final Periodic rounds;
    private volatile @Nullable String fault;

    /** @param flush writes the ledger; false where something of it waits in the journal */
    BackupDesk(
            Appliance.Setup setup, BackupPlace place, Database database, MasterKey masterKey, BooleanSupplier flush) {
        this.setup = setup;
        this.place = place;
        this.database = database;
        this.masterKey = masterKey;
        this.flush = flush;
        this.rounds = new Periodic(
                Thread.ofVirtual().name("backups"), LOOK, this::round, "event 6862: the backups cannot be looked at");
    }

    void start() {
        String unfit = unfit();
        if (unfit != null) {
            LOG.log(Level.WARNING, "event 6890: {0}", unfit);
        }
        if (!config().every().isZero()) {
            rounds.start();
        }
    }

    private BackupConfig config() {
        return setup.config().backup();
    }

    /** Why the last backup by the clock was not made, or the next one of any kind cannot be; null: all is well. */
    @Nullable
    String fault() {
        String last = fault;
        return last == null ? unfit() : last;
    }

    /** Where none is ever made by this process, it need not be able to. */
    private @Nullable String unfit() {
        boolean never = config().every().isZero()
                && config().directory() == null
                && (config().beforeMigration() == 0 || setup.config().database().url() != null);
        return never ? null : BackupGround.of(place.directory().path()).fault();
    }

    /** For the admin API. */
    BackupAdmin.Writing prepared(BackupAdmin.Wish wish) {
        Seal seal;
        try {
            seal = seal(wish);
        } catch (BackupException e) {
            throw new InvalidValueException("backup", String.valueOf(e.getMessage()));
        }
        if (wish.masterKey() && seal == null) {
            throw new InvalidValueException(
                    "masterKey", "goes into a sealed backup alone: give a passphrase or a recipient's key");
        }
        return out -> written(out, seal, BackupPlace.MANUAL, wish.masterKey(), wish.ledger());
    }

    private static @Nullable Seal seal(BackupAdmin.Wish wish) {
        String recipient = wish.recipient();
        String passphrase = wish.passphrase();
        if (recipient != null && passphrase != null) {
            throw new BackupException("a backup is sealed under a passphrase or for a recipient, not both");
        }
        if (recipient != null) {
            return SealKeys.recipient(recipient, "the recipient");
        }
        return passphrase == null ? null : new Seal.Passphrase(passphrase);
    }

    private BackupManifest written(
            OutputStream out, @Nullable Seal seal, String reason, boolean withMasterKey, boolean ledger)
            throws IOException {
        boolean whole = flush.getAsBoolean();
        BackupManifest.Origin origin = origin(reason, withMasterKey, ledger);
        return BackupFile.write(out, seal, origin, writer -> {
            // that of a process which is leaving is not known to this one's flush
            if (ledger && (!whole || BackupPlace.journals(setup.places().data()).size() > 1)) {
                BackupPlace.journal(setup.places().data(), writer);
            }
            if (withMasterKey) {
                byte[] key = masterKey.text().reveal().getBytes(StandardCharsets.US_ASCII);
                writer.file(BackupPlace.MASTER_KEY, new ByteArrayInputStream(key));
            }
            database.copy(table -> BackupPlace.wanted(table, ledger), writer);
        });
    }

    private BackupManifest.Origin origin(String reason, boolean withMasterKey, boolean ledger) {
        return place.origin(database.schema(), database.kind(), reason, masterKey.id(), withMasterKey, ledger);
    }

    void round() {
        try {
            if (due()) {
                Path file = make();
                LOG.log(Level.INFO, "event 6861: the backup {0} was written", file);
                place.directory().prune(place.tenant(), BackupPlace.SCHEDULED, config().keep());
            }
            fault = null;
        } catch (RuntimeException e) {
            if (fault == null) {
                LOG.log(Level.WARNING, "event 6862: the backup that is due cannot be made; it is tried again", e);
            }
            fault = "the backup that is due cannot be made: " + e.getMessage();
        }
    }

    private boolean due() {
        Instant now = setup.clock().instant();
        return place.directory().list().stream()
                .filter(e -> BackupPlace.SCHEDULED.equals(e.reason())
                        && place.tenant().equals(e.tenant()))
                .map(BackupDirectory.Entry::createdAt)
                .map(Instant::parse)
                .noneMatch(at -> at.plus(config().every()).isAfter(now));
    }

    /** By the clock. */
    private Path make() {
        BackupAdmin.refuseOthers(database.tenants(), setup.config().tenant());
        Seal seal = place.seal();
        Path file = place.directory().fresh(origin(BackupPlace.SCHEDULED, false, true), seal != null);
        NewFile.write(file, out -> written(out, seal, BackupPlace.SCHEDULED, false, true));
        return file;
    }

    @Override
    public void close() {
        rounds.close();
    }
}
