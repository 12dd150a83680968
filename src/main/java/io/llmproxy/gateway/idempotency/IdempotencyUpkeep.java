package io.llmproxy.gateway.idempotency;

import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.IdempotencyStore.Claim;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/** Renews the claims of this process, and once a minute deletes answers that are too old or too many, in small steps. */
final class IdempotencyUpkeep implements AutoCloseable {
    static final int STEP = 500;
    private static final Logger LOG = System.getLogger(IdempotencyUpkeep.class.getName());
    private static final Duration PURGE_EVERY = Duration.ofMinutes(1);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(1);

    private final IdempotencyStore store;
    private final Supplier<Collection<Run>> runs;
    private final long maxStored;
    private final InstantSource clock;
    private final Thread purger = Thread.ofVirtual().name("idempotency-purge").unstarted(this::purgeAgainAndAgain);
    private final Thread renewer = Thread.ofVirtual().name("idempotency-leases").unstarted(this::renewAgainAndAgain);
    private volatile boolean closed;

    IdempotencyUpkeep(IdempotencyStore store, Supplier<Collection<Run>> runs, long maxStored, InstantSource clock) {
        this.store = store;
        this.runs = runs;
        this.maxStored = maxStored;
        this.clock = clock;
    }

    void start() {
        purger.start();
        if (store.lease() != null) {
            renewer.start();
        }
    }

    private void purgeAgainAndAgain() {
        again(PURGE_EVERY, this::purge, "answers of Idempotency-Keys that are too old cannot be deleted; tried again");
    }

    /** Deletes all that is due; blocks. */
    void purge() {
        while (!closed && store.purge(clock.instant(), STEP) >= STEP) {
            // the next step
        }
        while (!closed && store.trim(maxStored, STEP) >= STEP) {
            // the next step
        }
    }

    private void renewAgainAndAgain() {
        Duration lease = store.lease();
        if (lease != null) {
            again(lease.dividedBy(3), this::renew, "claims of Idempotency-Keys cannot be renewed; tried again");
        }
    }

    private void renew() {
        List<Claim> held =
                runs.get().stream().map(Run::claim).filter(Objects::nonNull).toList();
        if (!held.isEmpty()) {
            store.renew(held);
        }
    }

    private void again(Duration pause, Runnable round, String complaint) {
        boolean failing = false;
        while (!closed) {
            try {
                Thread.sleep(pause);
                round.run();
                failing = false;
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (!failing) {
                    LOG.log(Level.WARNING, complaint, e);
                }
                failing = true;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Thread thread : List.of(purger, renewer)) {
            thread.interrupt();
            try {
                thread.join(CLOSE_BOUND);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
