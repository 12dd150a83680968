package io.llmproxy.gateway.usage;

import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Moves usage records from the journal to the database, in batches, by one virtual thread. While the database is away they
 * stay in the journal. What a killed process had moved but not committed is offered again; the store knows it by its id.
 */
public final class UsageFlusher implements AutoCloseable {
    static final int BATCH = 500;
    private static final Duration PERIOD = Duration.ofMillis(100);
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);
    private static final Duration LAST_BACKOFF = Duration.ofSeconds(5);
    private static final Duration FLUSH_BOUND = Duration.ofSeconds(2);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(5);
    /** So many single records in a row that the store refuses mean that it refuses all. */
    private static final int HOPELESS = 20;

    private static final Logger LOG = System.getLogger(UsageFlusher.class.getName());

    private final UsageJournal journal;
    private final UsageStore store;
    private final Rounds rounds = new Rounds("usage-flusher", this::round);
    private Duration backoff = Duration.ZERO;
    private volatile boolean failing;

    public UsageFlusher(UsageJournal journal, UsageStore store) {
        this.journal = journal;
        this.store = store;
    }

    public void start() {
        rounds.start();
    }

    /**
     * Blocks until everything that was appended before the call is in the database, or the database refused it, two seconds
     * at most; false where it is not all there.
     */
    public boolean flush() {
        return rounds.awaitWhole(FLUSH_BOUND) && !failing;
    }

    /** Whether the last attempt to write to the database failed. */
    public boolean failing() {
        return failing;
    }

    private Duration round() {
        try {
            move(journal.backlog());
            if (failing) {
                LOG.log(Level.INFO, "usage records are written to the database again");
            }
            failing = false;
            backoff = Duration.ZERO;
            return PERIOD;
        } catch (RuntimeException e) {
            failed(e);
            return backoff;
        }
    }

    private void failed(RuntimeException e) {
        if (!failing) {
            LOG.log(
                    Level.WARNING,
                    "usage records cannot be written to the database; they are kept in the journal and written when it is"
                            + " back",
                    e);
        }
        failing = true;
        Duration doubled = backoff.multipliedBy(2);
        backoff = doubled.isZero() ? FIRST_BACKOFF : doubled.compareTo(LAST_BACKOFF) > 0 ? LAST_BACKOFF : doubled;
    }

    /** Moves at least so many records: not until there are none, or a busy gateway would never end a round. */
    private void move(long records) {
        long left = records;
        while (left > 0) {
            List<UsageRecord> batch = journal.poll(BATCH);
            if (batch.isEmpty()) {
                journal.commit(); // past what cannot be read
                return;
            }
            try {
                store.append(batch);
            } catch (RuntimeException e) {
                appendOneByOne(batch, e);
            }
            journal.commit();
            left -= batch.size();
        }
    }

    /**
     * One record that the database will never take must not keep all others from it: where it takes some of a batch and
     * refuses others, those are written to the log, whole. Where it takes none, it is away.
     */
    private void appendOneByOne(List<UsageRecord> batch, RuntimeException cause) {
        if (!failing || batch.size() == 1) {
            throw cause; // most likely away: see whether it is back at the next attempt
        }
        List<UsageRecord> refused = new ArrayList<>();
        @Nullable RuntimeException last = null;
        for (UsageRecord record : batch) {
            try {
                store.append(List.of(record));
            } catch (StoreException.Away e) {
                throw e; // it comes and goes: that says nothing of the record
            } catch (RuntimeException e) {
                refused.add(record);
                last = e;
            }
            if (refused.size() == Math.min(HOPELESS, batch.size())) {
                throw cause;
            }
        }
        leaveOut(refused, last);
    }

    /** Each has one more try: what refused it may have been a moment's trouble of the database. */
    private void leaveOut(List<UsageRecord> refused, @Nullable RuntimeException cause) {
        for (UsageRecord record : refused) {
            try {
                store.append(List.of(record));
            } catch (StoreException.Away e) {
                throw e;
            } catch (RuntimeException e) {
                LOG.log(
                        Level.ERROR,
                        "the database refuses this usage record and takes others; it is left out of the ledger: "
                                + record,
                        cause);
            }
        }
    }

    /** Writes what is left, five seconds at most; what is not written then is written after the next start. */
    @Override
    public void close() {
        rounds.close(CLOSE_BOUND);
    }
}
