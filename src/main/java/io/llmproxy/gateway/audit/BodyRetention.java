package io.llmproxy.gateway.audit;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.gateway.usage.Rounds;
import io.llmproxy.port.TranscriptStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.function.Supplier;

/** Deletes, once an hour, bodies of requests that are older than their tenant keeps them, and those of deleted tenants, in small steps. */
public final class BodyRetention implements AutoCloseable {
    static final int STEP = 1000;
    private static final Duration PERIOD = Duration.ofHours(1);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(1);
    private static final Logger LOG = System.getLogger(BodyRetention.class.getName());

    private final TranscriptStore store;
    private final Supplier<? extends Collection<Tenant>> tenants;
    private final InstantSource clock;
    private final Rounds rounds = new Rounds("body-retention", this::round);
    private volatile boolean closed;

    /** @param tenants those that this process serves */
    public BodyRetention(TranscriptStore store, Supplier<? extends Collection<Tenant>> tenants, InstantSource clock) {
        this.store = store;
        this.tenants = tenants;
        this.clock = clock;
    }

    public void start() {
        rounds.start();
    }

    private Duration round() {
        try {
            purge();
        } catch (RuntimeException e) {
            LOG.log(Level.WARNING, "old bodies of requests cannot be deleted; tried again in an hour", e);
        }
        return PERIOD;
    }

    /** Deletes what is too old now; blocks. Ends early once this is closed. */
    void purge() {
        Instant now = clock.instant();
        for (Tenant tenant : tenants.get()) {
            Instant before = now.minus(Duration.ofDays(tenant.settings().bodyRetentionDays()));
            while (!closed && store.purge(tenant.id(), before, STEP) == STEP) {
                // the next step
            }
        }
        while (!closed && store.purgeDeleted(STEP) > 0) {
            // the next step
        }
    }

    @Override
    public void close() {
        closed = true;
        rounds.close(CLOSE_BOUND);
    }
}
