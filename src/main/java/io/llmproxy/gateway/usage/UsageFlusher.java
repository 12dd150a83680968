package io.llmproxy.gateway.usage;

import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageFormat;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * Moves usage records from the journal to the database, in batches, by one virtual thread. While the database is away they
 * stay in the journal. How far it has come is what the database says, asked at the start and wherever it does not stand where
 * it should: so what a killed process had written is neither written again nor left out, whatever either side forgot.
 */
public final class UsageFlusher implements AutoCloseable {
    static final int BATCH = 8192;
    private static final Duration PERIOD = Duration.ofMillis(400);
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);
    private static final Duration LAST_BACKOFF = Duration.ofSeconds(5);
    private static final Duration FLUSH_BOUND = Duration.ofSeconds(30);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(5);
    /** So many single records in a row that the store refuses mean that it refuses all. */
    private static final int HOPELESS = 20;
    /** So often another may move the position within one round. */
    private static final int ATTEMPTS = 100;

    private static final Logger LOG = System.getLogger(UsageFlusher.class.getName());

    private final UsageJournal journal;
    private final UsageStore store;
    private final UsageFormat format;
    private final Duration flushBound;
    private final Rounds rounds = new Rounds("usage-flusher", this::round);
    // of the thread of the rounds alone, as is the next field: whether the journal knows where the database stands
    private boolean attached;
    private Duration backoff = Duration.ZERO;
    private volatile boolean failing;
    /** When all that there was then had been moved, by {@link System#nanoTime}. */
    private volatile long movedAll = System.nanoTime();

    public UsageFlusher(UsageJournal journal, UsageStore store, UsageFormat format) {
        this(journal, store, format, FLUSH_BOUND);
    }

    UsageFlusher(UsageJournal journal, UsageStore store, UsageFormat format, Duration flushBound) {
        this.journal = journal;
        this.store = store;
        this.format = format;
        this.flushBound = flushBound;
    }

    public void start() {
        rounds.start();
    }

    /**
     * Blocks until everything that was appended before the call is in the database, or the database refused it, half a minute at
     * most: after a time without a database there may be that much to write. False where it is not all there.
     */
    public boolean flush() {
        return rounds.awaitWhole(flushBound) && !failing;
    }

    /** Whether the last attempt to write to the database failed. */
    public boolean failing() {
        return failing;
    }

    /** Whether its thread lives: no fault of a database ends it. */
    public boolean running() {
        return rounds.running();
    }

    /** How far the database is behind the journal, at most; zero where nothing waits. */
    public Duration lag() {
        return journal.backlog() == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - movedAll);
    }

    private Duration round() {
        try {
            long begin = System.nanoTime();
            moveAll();
            movedAll = begin;
            if (failing) {
                LOG.log(Level.INFO, "event 6402: usage records are written to the database again");
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
                    "event 6401: usage records cannot be written to the database; they are kept in the journal and written when it is"
                            + " back",
                    e);
        }
        failing = true;
        Duration doubled = backoff.multipliedBy(2);
        backoff = doubled.isZero() ? FIRST_BACKOFF : doubled.compareTo(LAST_BACKOFF) > 0 ? LAST_BACKOFF : doubled;
    }

    private void moveAll() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            attach();
            if (move()) {
                return;
            }
            attached = false;
        }
        throw new StoreException(
                "writing usage records: the position of the journal in the database does not hold still; see whether"
                        + " another process runs on a copy of this data directory",
                new IllegalStateException("moved " + ATTEMPTS + " times"));
    }

    private void attach() {
        if (!attached) {
            for (UUID id : journal.journals()) {
                journal.stored(id, store.position(id));
            }
            attached = true;
        }
    }

    /**
     * Moves what is there at the beginning: not until there is nothing, or a busy gateway would never end a round. False where
     * the database does not stand where it should: a commit whose answer was lost, a copy of this journal that another process
     * moves, a database that was set back.
     */
    private boolean move() {
        long left = journal.backlog();
        UsageBatch batch = journal.next(BATCH);
        boolean expected = true;
        while (batch != null && expected) {
            expected = move(batch);
            left -= batch.passed();
            batch = expected && left > 0 ? journal.next(BATCH) : null;
        }
        return expected;
    }

    private boolean move(UsageBatch batch) {
        try {
            return written(batch);
        } catch (StoreException.Away e) {
            throw e;
        } catch (RuntimeException e) {
            if (!failing || batch.passed() == 1) {
                throw e; // most likely away: see whether it is back at the next attempt
            }
            return writeOneByOne(batch, e);
        }
    }

    private boolean written(UsageBatch batch) {
        if (!store.append(batch)) {
            return false;
        }
        journal.commit(batch);
        return true;
    }

    /**
     * One record that the database will never take must not keep all others from it: where it takes some of a batch and
     * refuses others, those are written to the log, whole, as soon as it takes one that is behind them. Where it takes none, it is
     * away.
     */
    private boolean writeOneByOne(UsageBatch batch, RuntimeException cause) {
        List<UsageBatch> refused = new ArrayList<>();
        UsageBatch one = journal.next(1);
        while (one != null && one.to().compareTo(batch.to()) <= 0) {
            try {
                if (!written(one)) {
                    return false;
                }
                refused.forEach(r -> leftOut(r, cause));
                refused.clear();
                one = journal.next(1);
            } catch (StoreException.Away e) {
                throw e; // it comes and goes: that says nothing of the record
            } catch (RuntimeException e) {
                refused.add(one);
                if (refused.size() == HOPELESS) {
                    throw cause;
                }
                one = journal.behind(one, 1);
            }
        }
        if (!refused.isEmpty()) {
            throw cause;
        }
        return true;
    }

    private void leftOut(UsageBatch batch, RuntimeException cause) {
        for (UsageBlock block : batch.blocks()) {
            LOG.log(
                    Level.ERROR,
                    "event 6403: the database refuses this usage record and takes others; it is left out of the ledger: "
                            + format.open(block.frames()).next(),
                    cause);
        }
    }

    /** Writes what is left, five seconds at most; what is not written then is written after the next start. */
    @Override
    public void close() {
        rounds.close(CLOSE_BOUND);
    }
}
