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

/**
 * Writes records to the journal and stands in for it while the disk refuses: what could not be written waits here and is tried
 * again once a second, and until it is written new requests are to be refused. So at most the records of the requests that ran
 * when the disk failed wait, and none of them is lost while the process lives; refusals in that time leave no record. Thread-safe.
 */
public final class Ledger {
    private static final Logger LOG = System.getLogger(Ledger.class.getName());
    private static final Duration RETRY = Duration.ofSeconds(1);

    private final UsageJournal journal;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<UsageRecord> waiting = new ArrayDeque<>();
    private volatile boolean failing;
    private Instant nextTry = Instant.MIN;

    public Ledger(UsageJournal journal, InstantSource clock) {
        this.journal = journal;
        this.clock = clock;
    }

    /** Returns when the journal has the record; where it cannot take it, when it waits here. */
    public void append(UsageRecord record) {
        try {
            journal.append(record);
        } catch (StoreException e) {
            keep(record, e);
        }
    }

    private void keep(UsageRecord record, StoreException cause) {
        lock.lock();
        try {
            // a refusal cost nobody anything; kept, refusals would fill the memory for as long as the disk is full
            if (!failing || record.outcome() != Outcome.REFUSED) {
                waiting.add(record);
            }
            nextTry = clock.instant().plus(RETRY);
            if (!failing) {
                LOG.log(
                        Level.ERROR,
                        "the usage journal refuses records; new requests are refused until it takes them again",
                        cause);
            }
            failing = true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a request can be accounted for; tries to write what waits. */
    public boolean available() {
        return !failing || retried();
    }

    private boolean retried() {
        // while one thread tries, the others need not wait to be refused
        if (!lock.tryLock()) {
            return false;
        }
        try {
            if (clock.instant().isBefore(nextTry)) {
                return false;
            }
            nextTry = clock.instant().plus(RETRY);
            while (!waiting.isEmpty()) {
                journal.append(waiting.peek());
                waiting.remove();
            }
            failing = false;
            LOG.log(Level.INFO, "the usage journal takes records again; none of a request that was served is lost");
            return true;
        } catch (StoreException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }
}
