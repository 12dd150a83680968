package io.llmproxy.gateway.usage;

import io.llmproxy.port.RequestSearch;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;

/**
 * Adds to the index for searches what has come to the ledger, by one virtual thread, and where there is much, as after an upgrade, a fifth
 * of its time. Several processes on one database may do it side by side.
 */
public final class LedgerIndexer implements AutoCloseable {
    private static final Duration PERIOD = Duration.ofSeconds(10);
    private static final Duration AFTER_FAILURE = Duration.ofMinutes(1);
    private static final Duration SHORTEST_PAUSE = Duration.ofMillis(20);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(1);
    /** So many times as long as a step took comes no other. */
    private static final int PAUSES = 4;
    /** So many steps in a row are worth a line in the log: more than traffic makes. */
    private static final int MANY = 20;

    private static final Logger LOG = System.getLogger(LedgerIndexer.class.getName());

    private final RequestSearch search;
    private final Rounds rounds = new Rounds("ledger-indexer", this::round);
    private volatile boolean closed;
    // of the thread of the rounds alone
    private int steps;

    public LedgerIndexer(RequestSearch search) {
        this.search = search;
    }

    public void start() {
        rounds.start();
    }

    private Duration round() {
        if (closed) {
            return Duration.ZERO;
        }
        try {
            return step();
        } catch (RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "event 6911: the index of the ledger for searches cannot be made; tried again in a minute",
                    e);
            return AFTER_FAILURE;
        }
    }

    private Duration step() {
        long begin = System.nanoTime();
        if (search.index()) {
            steps++;
            Duration pause = Duration.ofNanos(PAUSES * (System.nanoTime() - begin));
            return pause.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : pause;
        }
        if (steps >= MANY) {
            LOG.log(Level.INFO, "event 6912: the ledger was indexed for searches, in " + steps + " steps");
        }
        steps = 0;
        return PERIOD;
    }

    @Override
    public void close() {
        closed = true;
        rounds.close(CLOSE_BOUND);
    }
}
