package io.llmproxy.gateway.idempotency;

import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.IdempotencyStore.Claim;
import io.llmproxy.runtime.Periodic;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Renews the claims of this process, and once a minute deletes answers that are too old or too many, in small steps. */
final class IdempotencyUpkeep implements AutoCloseable {
    static final int STEP = 500;
    private static final Duration PURGE_EVERY = Duration.ofMinutes(1);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(1);

    private final IdempotencyStore store;
    private final Supplier<Collection<Run>> runs;
    private final long maxStored;
    private final InstantSource clock;
    private final Periodic purger;
    private final @Nullable Periodic renewer;
    private volatile boolean closed;

    IdempotencyUpkeep(IdempotencyStore store, Supplier<Collection<Run>> runs, long maxStored, InstantSource clock) {
        this.store = store;
        this.runs = runs;
        this.maxStored = maxStored;
        this.clock = clock;
        this.purger = new Periodic(
                Thread.ofVirtual().name("idempotency-purge"),
                PURGE_EVERY,
                this::purge,
                "answers of Idempotency-Keys that are too old cannot be deleted; tried again");
        Duration lease = store.lease();
        this.renewer = lease == null
                ? null
                : new Periodic(
                        Thread.ofVirtual().name("idempotency-leases"),
                        lease.dividedBy(3),
                        this::renew,
                        "claims of Idempotency-Keys cannot be renewed; tried again");
    }

    void start() {
        purger.start();
        if (renewer != null) {
            renewer.start();
        }
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

    private void renew() {
        List<Claim> held =
                runs.get().stream().map(Run::claim).filter(Objects::nonNull).toList();
        if (!held.isEmpty()) {
            store.renew(held);
        }
    }

    @Override
    public void close() {
        closed = true;
        purger.close(CLOSE_BOUND);
        if (renewer != null) {
            renewer.close(CLOSE_BOUND);
        }
    }
}
