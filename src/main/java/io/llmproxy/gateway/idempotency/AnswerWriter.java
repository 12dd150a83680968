package io.llmproxy.gateway.idempotency;

import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.IdempotencyStore.Claim;
import io.llmproxy.port.IdempotencyStore.Recording;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells the store how runs ended, in batches on one virtual thread: records or releases. What the store does not take is tried
 * again; the queue is bounded, since without the store no new run begins.
 */
final class AnswerWriter implements AutoCloseable {
    private static final Logger LOG = System.getLogger(AnswerWriter.class.getName());
    private static final int BATCH = 64;
    private static final Duration RETRY = Duration.ofSeconds(1);
    /** Longer than any lease: what could not be stored by then is the store's fault with this one, not its absence. */
    private static final Duration GIVE_UP = Duration.ofMinutes(10);

    private static final Duration CLOSE_BOUND = Duration.ofSeconds(5);

    private final IdempotencyStore store;
    private final Duration retention;
    private final InstantSource clock;
    private final Consumer<Run> done;
    private final LinkedBlockingQueue<Ended> queue = new LinkedBlockingQueue<>();
    private final Thread thread = Thread.ofVirtual().name("idempotency-writer").unstarted(this::run);
    private volatile boolean closed;
    private volatile @Nullable String failing;

    private record Ended(Run run, Claim claim, @Nullable RecordedAnswer answer, Instant expiresAt, long since) {}

    /** @param done called when the store knows of a run's end */
    AnswerWriter(IdempotencyStore store, Duration retention, InstantSource clock, Consumer<Run> done) {
        this.store = store;
        this.retention = retention;
        this.clock = clock;
        this.done = done;
    }

    void start() {
        thread.start();
    }

    /** Whatever the run came to; it must hold a claim. */
    void add(Run run) {
        Claim claim = run.claim();
        if (claim == null) {
            throw new IllegalStateException("a run without a claim has nothing to tell the store");
        }
        queue.add(new Ended(run, claim, run.answer(), clock.instant().plus(retention), System.nanoTime()));
        LockSupport.unpark(thread);
    }

    @Nullable
    String failing() {
        return failing;
    }

    private void run() {
        List<Ended> batch = new ArrayList<>();
        try {
            while (awaitEnded()) {
                queue.drainTo(batch, BATCH);
                write(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            LOG.log(
                    Level.WARNING,
                    "answers to requests with an Idempotency-Key were not stored before the end: "
                            + (queue.size() + batch.size()));
        }
    }

    /** Waits until a run has ended; false: there is nothing to tell and nothing more will come. */
    private boolean awaitEnded() throws InterruptedException {
        while (queue.isEmpty() && !closed) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
        }
        return !queue.isEmpty();
    }

    private void write(List<Ended> batch) throws InterruptedException {
        if (written(batch)) {
            return;
        }
        // one that the store refuses must not hold up the others; two in a row mean that it is away
        int refused = 0;
        for (Ended one : batch) {
            boolean stored = refused < 2 && written(List.of(one));
            if (!stored) {
                refused++;
                again(one);
            }
        }
        Thread.sleep(RETRY);
    }

    private void again(Ended one) {
        if (System.nanoTime() - one.since < GIVE_UP.toNanos()) {
            queue.add(one);
        } else {
            done.accept(one.run);
        }
    }

    private boolean written(List<Ended> batch) {
        try {
            List<Recording> recordings = new ArrayList<>();
            List<Claim> releases = new ArrayList<>();
            for (Ended one : batch) {
                if (one.answer == null) {
                    releases.add(one.claim);
                } else {
                    recordings.add(new Recording(one.claim, one.answer, one.expiresAt));
                }
            }
            if (!releases.isEmpty()) {
                store.release(releases);
            }
            if (!recordings.isEmpty()) {
                store.record(recordings);
            }
            storeWorks();
            batch.forEach(one -> done.accept(one.run));
            return true;
        } catch (RuntimeException e) {
            storeFailed(e);
            return false;
        }
    }

    void storeWorks() {
        if (failing != null) {
            failing = null;
        }
    }

    /** The store did not answer; said once in the log until it answers again. */
    void storeFailed(RuntimeException e) {
        if (failing == null) {
            LOG.log(
                    Level.WARNING,
                    "the store of Idempotency-Keys does not answer; requests with a key get 503 until it does",
                    e);
        }
        failing = "Idempotency-Keys cannot be looked up or stored: " + e.getMessage();
    }

    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        try {
            if (thread.isAlive() && !thread.join(CLOSE_BOUND)) {
                thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
