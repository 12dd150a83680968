package io.llmproxy;

import io.llmproxy.adapter.jdbc.ClosedDatabase;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;

/**
 * The state of a server that is stopped, held for a command: its database is open, and where that is the embedded one no server can
 * start on it meanwhile. PostgreSQL gives each command a consistent view whoever else is there.
 */
record StoppedState(ApplianceConfig config, Path data, BackupPlace place, ClosedDatabase database) {
    /** What a command does with it. */
    @FunctionalInterface
    interface Work<T> {
        T on(StoppedState state) throws IOException, StartException, ConfigException;
    }

    /** Whether the database is the one in the data directory. */
    boolean embedded() {
        return config.database().url() == null;
    }

    /**
     * Does the work, and gives what it made in the data directory to the user who owns that.
     *
     * @throws OfflineException where there is no database; a mistaken directory must not get one
     */
    static <T> T with(OfflineArguments line, Work<T> work) throws IOException, StartException, ConfigException {
        ApplianceConfig config = line.config();
        Path data = line.data(config);
        if (config.database().url() == null && !Files.exists(data.resolve("db/llmproxy.mv.db"))) {
            throw new OfflineException(
                    OfflineException.FAILED,
                    "there is no database in " + data + "; name its directory with --data-dir");
        }
        return held(config, data, work);
    }

    /** The same, with an empty database where there is none. */
    static <T> T withAny(OfflineArguments line, Work<T> work) throws IOException, StartException, ConfigException {
        ApplianceConfig config = line.config();
        return held(config, line.data(config), work);
    }

    private static <T> T held(ApplianceConfig config, Path data, Work<T> work)
            throws IOException, StartException, ConfigException {
        BackupPlace place = new BackupPlace(config, data, InstantSource.system());
        try (BackupPlace.HandingOver _ = place::handOver;
                DataDirectory _ = config.database().url() == null ? DataDirectory.take(data) : null;
                ClosedDatabase database = OfflineArguments.database(config, data)) {
            return work.on(new StoppedState(config, data, place, database));
        }
    }
}
