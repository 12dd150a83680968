package io.llmproxy.gateway.usage;

import io.llmproxy.port.ApiKeyStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** Writes to the database, every half minute, when keys were last used; a use that is lost with the process is no loss. */
public final class KeyUseFlusher implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(30);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(2);
    private static final Logger LOG = System.getLogger(KeyUseFlusher.class.getName());

    private final Supplier<Map<UUID, Instant>> drain;
    private final ApiKeyStore keys;
    private final Rounds rounds = new Rounds("key-use-flusher", this::round);
    // of the thread of the rounds alone: what the database did not take, at most one entry for each key
    private final Map<UUID, Instant> pending = new HashMap<>();
    private boolean failing;

    /** @param drain gives the uses since it was last asked */
    public KeyUseFlusher(Supplier<Map<UUID, Instant>> drain, ApiKeyStore keys) {
        this.drain = drain;
        this.keys = keys;
    }

    public void start() {
        rounds.start();
    }

    /** Blocks until the uses so far are written or refused, within {@code bound}. */
    boolean flush(Duration bound) {
        return rounds.awaitWhole(bound);
    }

    private Duration round() {
        drain.get().forEach((key, use) -> pending.merge(key, use, (a, b) -> a.isAfter(b) ? a : b));
        try {
            if (!pending.isEmpty()) {
                keys.touch(Map.copyOf(pending));
                pending.clear();
            }
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                LOG.log(Level.WARNING, "the last uses of keys cannot be written to the database; tried again", e);
            }
            failing = true;
        }
        return PERIOD;
    }

    @Override
    public void close() {
        rounds.close(CLOSE_BOUND);
    }
}
