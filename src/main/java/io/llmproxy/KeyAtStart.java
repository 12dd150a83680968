package io.llmproxy;

import io.llmproxy.adapter.secret.MasterKey;
import io.llmproxy.adapter.secret.MasterKeyException;
import io.llmproxy.adapter.secret.UnitFiles;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which master key the next start of a data directory takes, seen by a command beside it: that of systemd or of the environment before the
 * one in the directory, which is the order of {@link MasterKey#load}.
 */
record KeyAtStart(Function<String, @Nullable String> environment, UnitFiles units) {
    static final KeyAtStart INSTALLED = new KeyAtStart(System.getenv()::get, UnitFiles.INSTALLED);

    /**
     * The key itself.
     *
     * @return empty: there is none, and the start makes one
     * @throws OfflineException where there is one and it is unfit, or this user cannot read it
     */
    Optional<MasterKey> taken(Path data) {
        try {
            return found(data);
        } catch (MasterKeyException e) {
            throw new OfflineException(OfflineException.FAILED, String.valueOf(e.getMessage()));
        }
    }

    private Optional<MasterKey> found(Path data) {
        return MasterKey.outside(environment, data, units)
                .map(MasterKey.Outside::key)
                .or(() -> MasterKey.find(environment, data));
    }

    /**
     * The key for a backup.
     *
     * @param wanted whether it is to be in the backup; else one that this user cannot read is none
     * @throws OfflineException where it is wanted and cannot be had
     */
    Optional<MasterKey> of(Path data, boolean wanted) {
        if (!wanted) {
            try {
                return found(data);
            } catch (MasterKeyException e) {
                return Optional.empty();
            }
        }
        Optional<MasterKey> key = taken(data);
        if (key.isEmpty()) {
            throw new OfflineException(OfflineException.FAILED, "there is no master key to include");
        }
        return key;
    }

    /**
     * What is sealed under a key which the start does not take cannot be opened, and it would refuse.
     *
     * @param needed the id of the key under which it is sealed; null: nothing is, or nobody knows
     * @param brought whether that key comes with it into the directory
     * @return what is wrong and what to do
     */
    Optional<String> fault(@Nullable String needed, Path data, boolean brought) {
        if (needed == null) {
            return Optional.empty();
        }
        String sealed = "what is secret in the backup is sealed under the master key " + needed + ", and ";
        Path file = data.resolve(BackupPlace.MASTER_KEY);
        try {
            Optional<MasterKey.Outside> outside = MasterKey.outside(environment, data, units);
            if (outside.isPresent()) {
                return outside.filter(o -> !o.key().id().equals(needed))
                        .map(o -> sealed + "the start takes " + o.place() + ", which is "
                                + o.key().id()
                                + ", before any in " + data + "; put the right one there"
                                + (brought ? " (the backup brought it: " + file + ")" : "")
                                + ", or take that one away, before the start");
            }
            Optional<String> here = brought
                    ? Optional.of(needed)
                    : MasterKey.find(environment, data).map(MasterKey::id);
            return here.filter(needed::equals).isPresent()
                    ? Optional.empty()
                    : Optional.of(
                            sealed + here.map(id -> "the one here is " + id).orElse("there is none here")
                                    + "; bring it back as " + file
                                    + ", a systemd credential or LLMPROXY_MASTER_KEY before the start");
        } catch (MasterKeyException e) {
            return Optional.of(sealed + "whether the start has it cannot be told: " + e.getMessage());
        }
    }
}
