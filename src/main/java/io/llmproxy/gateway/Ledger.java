package io.llmproxy.gateway;

import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageJournal;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Writes records to the journal and stands in for it while the disk refuses: what could not be written waits here, in order,
 * and is tried again once a second.
 *
 * <p>With {@link OnFull#REFUSE} new requests are to be refused until all is written: at most the records of the requests that
 * ran when the disk failed wait, and none of them is lost while the process lives. With {@link OnFull#CONTINUE} requests go on;
 * {@link #KEPT} records wait, and what comes beyond them is dropped and counted. Refusals in that time leave no record either
 * way. Thread-safe; the lock is taken only while the journal refuses.
 */
public final class Ledger {
    /** How many records wait at most where requests go on: about 20 MB. */
    public static final int KEPT = 20_000;

    private static final Logger LOG = System.getLogger(Ledger.class.getName());
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final UsageJournal journal;
    private final OnFull onFull;
    private final int kept;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock, as is nextTry; the three fields between are also read without
    private final Deque<UsageRecord> waiting = new ArrayDeque<>();
    private volatile boolean failing;
    private volatile int waits;
    private volatile long dropped;
    private Instant nextTry = Instant.MIN;

    public Ledger(UsageJournal journal, OnFull onFull, InstantSource clock) {
        this(journal, onFull, KEPT, clock);
    }

    Ledger(UsageJournal journal, OnFull onFull, int kept, InstantSource clock) {
        this.journal = journal;
        this.onFull = onFull;
        this.kept = kept;
        this.clock = clock;
    }

    /** Returns when the journal has the record; where it cannot take it, when it waits here or is dropped. */
    public void append(UsageRecord record) {
        if (failing && keptBehindOthers(record)) {
            return;
        }
        try {
            journal.append(record);
        } catch (StoreException e) {
            fails(record, e);
        }
    }

    /** Whether the journal still refuses, so that the record waits with the others; costs no try of the disk. */
    private boolean keptBehindOthers(UsageRecord record) {
        lock.lock();
        try {
            if (failing) {
                keep(record);
            }
            return failing;
        } finally {
            lock.unlock();
        }
    }

    private void fails(UsageRecord record, StoreException cause) {
        lock.lock();
        try {
            nextTry = clock.instant().plus(RETRY);
            if (failing) {
                keep(record);
                return;
            }
            failing = true;
            // the record of the first, even of a refusal: nobody was told yet that refusals leave none
            waiting.add(record);
            waits = waiting.size();
            LOG.log(Level.ERROR, "event 6404: the usage journal refuses records; " + consequence(), cause);
        } finally {
            lock.unlock();
        }
    }

    private String consequence() {
        return switch (onFull) {
            case REFUSE -> "new requests are refused until it takes them again";
            case CONTINUE ->
                "requests go on, their records wait in memory, " + kept + " at most, until it takes them again";
        };
    }

    /** Called with the lock held. */
    private void keep(UsageRecord record) {
        // a refusal cost nobody anything; kept, refusals would fill the memory for as long as the disk is full
        if (record.outcome() == Outcome.REFUSED) {
            return;
        }
        if (onFull == OnFull.CONTINUE && waiting.size() >= kept) {
            drop();
            return;
        }
        waiting.add(record);
        waits = waiting.size();
    }

    /** Called with the lock held. */
    private void drop() {
        long all = dropped + 1;
        dropped = all;
        if (all == 1) {
            LOG.log(
                    Level.ERROR,
                    "the usage journal still refuses records and " + kept
                            + " wait: the records of further requests are dropped; free space on its disk");
        }
    }

    /** Whether a request can be accounted for, or is to be served all the same; tries to write what waits. */
    public boolean available() {
        return !failing || retried() || onFull == OnFull.CONTINUE;
    }

    private boolean retried() {
        // while one thread tries, the others need not wait to be refused
        if (!lock.tryLock()) {
            return false;
        }
        try {
            return !clock.instant().isBefore(nextTry) && written();
        } finally {
            lock.unlock();
        }
    }

    /** Writes what waits, now; true where nothing waits any more. */
    public boolean retry() {
        lock.lock();
        try {
            return !failing || written();
        } finally {
            lock.unlock();
        }
    }

    /** Called with the lock held. */
    private boolean written() {
        nextTry = clock.instant().plus(RETRY);
        int all = waiting.size();
        try {
            while (!waiting.isEmpty()) {
                journal.append(waiting.peek());
                waiting.remove();
            }
        } catch (StoreException e) {
            return false;
        } finally {
            waits = waiting.size();
        }
        failing = false;
        LOG.log(
                Level.INFO,
                "event 6405: the usage journal takes records again; those that waited, " + all
                        + ", are written; dropped since the start: " + dropped);
        return true;
    }

    /** Records that wait in memory for the journal. */
    public int waiting() {
        return waits;
    }

    /** Records that were dropped since the start, for want of memory to keep them in. */
    public long dropped() {
        return dropped;
    }

    /** What is wrong and what to do; null: the journal takes records. */
    public @Nullable String fault() {
        if (!failing) {
            return null;
        }
        String what = switch (onFull) {
            case REFUSE -> "new requests are refused (503)";
            case CONTINUE -> "requests go on (journal.on-full), " + dropped + " records were dropped";
        };
        return "the usage journal cannot be written: " + what + ", " + waits
                + " records wait in memory; free space on the disk of the data directory";
    }

    /** Why requests are refused now; null: they are not. */
    public @Nullable String obstacle() {
        return onFull == OnFull.REFUSE ? fault() : null;
    }
}
