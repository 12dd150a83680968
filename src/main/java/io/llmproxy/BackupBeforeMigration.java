package io.llmproxy;

import io.llmproxy.UpgradeTries.Kept;
import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.backup.BackupFile;
import io.llmproxy.adapter.backup.BackupManifest;
import io.llmproxy.adapter.backup.NewFile;
import io.llmproxy.adapter.backup.Seal;
import io.llmproxy.adapter.jdbc.Upgrade;
import io.llmproxy.port.TableSink;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * Keeps what is there before the schema of an embedded database changes. Older ones of its kind go when the change was made, as one of them may
 * be the only good one until then. While tries fail there are two at most: of before the first, and of before the last where something
 * else is there by then; where nothing is, no further one is made.
 */
final class BackupBeforeMigration implements Upgrade.BeforeMigration {
    private static final Logger LOG = System.getLogger(BackupBeforeMigration.class.getName());

    private final BackupPlace place;
    private final Path data;
    private final int keep;
    private final UpgradeTries tries;

    /** @param keep how many are left when the change is made; 0: none is made */
    BackupBeforeMigration(BackupPlace place, Path data, int keep) {
        this.place = place;
        this.data = data;
        this.keep = keep;
        this.tries = place.tries();
    }

    @Override
    public void keep(String from, String to, Consumer<TableSink> copy) {
        if (keep == 0) {
            LOG.log(
                    Level.WARNING,
                    "event 6863: the schema of the database becomes {0}, of {1}; no backup was made, as"
                            + " backup.before-migration is 0",
                    to,
                    from);
            return;
        }
        BackupManifest.Origin origin = place.origin(from, "h2", BackupPlace.BEFORE_MIGRATION, null, false, true);
        BackupFile.Content content = writer -> {
            BackupPlace.journal(data, writer);
            copy.accept(writer);
        };
        List<Kept> kept = tries.kept();
        Path file = kept.isEmpty() || changedSince(kept, origin, content)
                ? made(kept, origin, content)
                : kept.getFirst().backup();
        LOG.log(
                Level.WARNING,
                "event 6863: the schema of the database becomes {0}, of {1}; what was before is in {2}",
                to,
                from,
                file);
    }

    /** Copies to nowhere: what a sealed backup holds cannot be read here. */
    private static boolean changedSince(List<Kept> kept, BackupManifest.Origin origin, BackupFile.Content content) {
        try {
            String now = UpgradeTries.digest(BackupFile.write(OutputStream.nullOutputStream(), null, origin, content));
            return kept.stream().noneMatch(k -> k.digest().equals(now));
        } catch (IOException e) {
            throw new BackupException("reading what is there failed: " + e, e);
        }
    }

    private Path made(List<Kept> kept, BackupManifest.Origin origin, BackupFile.Content content) {
        Seal seal = place.seal();
        Path file = place.directory().fresh(origin, seal != null);
        BackupManifest manifest = NewFile.write(file, out -> BackupFile.write(out, seal, origin, content));
        Kept made = new Kept(UpgradeTries.digest(manifest), file);
        try {
            tries.write(kept.isEmpty() ? List.of(made) : List.of(kept.getFirst(), made));
            for (Kept old : kept.subList(Math.min(1, kept.size()), kept.size())) {
                Files.deleteIfExists(old.backup());
            }
        } catch (IOException e) {
            // the backup is there, and the next try makes one more than it need
            LOG.log(Level.WARNING, "which backups were made before a migration cannot be written down", e);
        }
        return file;
    }

    @Override
    public void changed() {
        if (keep == 0) {
            return;
        }
        try {
            List<Path> first = tries.kept().stream().limit(1).map(Kept::backup).toList();
            place.directory().prune(place.tenant(), BackupPlace.BEFORE_MIGRATION, keep, first);
            tries.forget();
        } catch (BackupException | IOException | UncheckedIOException e) {
            // the schema is changed by now, and one backup too many is no reason not to start
            LOG.log(Level.WARNING, "old backups of before a migration cannot be deleted", e);
        }
    }
}
