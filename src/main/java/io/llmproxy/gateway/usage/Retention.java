package io.llmproxy.gateway.usage;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.port.AuditStore;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.TranscriptStore;
import io.llmproxy.port.UsageStore;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Deletes, once an hour, audit events, usage records and bodies of requests that are older than their tenant keeps them, bodies of
 * tenants that are gone, and what providers have long deleted of the objects that they store, in steps so small that no lock is held
 * for long.
 */
public final class Retention implements AutoCloseable {
    static final int STEP = 1000;
    private static final Duration PERIOD = Duration.ofHours(1);
    private static final Duration CLOSE_BOUND = Duration.ofSeconds(1);
    private static final Logger LOG = System.getLogger(Retention.class.getName());

    private final AuditStore audit;
    private final UsageStore usage;
    private final ObjectStore objects;
    private final TranscriptStore bodies;
    private final Supplier<? extends Collection<Tenant>> tenants;
    private final InstantSource clock;
    private final Rounds rounds = new Rounds("retention", this::round);
    private volatile boolean closed;
    private volatile boolean failing;

    /** @param tenants those that this process serves */
    public Retention(
            AuditStore audit,
            UsageStore usage,
            ObjectStore objects,
            TranscriptStore bodies,
            Supplier<? extends Collection<Tenant>> tenants,
            InstantSource clock) {
        this.audit = audit;
        this.usage = usage;
        this.objects = objects;
        this.bodies = bodies;
        this.tenants = tenants;
        this.clock = clock;
    }

    public void start() {
        rounds.start();
    }

    /** Whether the last round could not delete what is too old. */
    public boolean failing() {
        return failing;
    }

    Duration round() {
        try {
            failing = !purge();
        } catch (RuntimeException e) {
            failing = true;
            LOG.log(
                    Level.WARNING,
                    "event 6717: old usage records, audit events and bodies of requests cannot be deleted; tried again in an hour",
                    e);
        }
        return PERIOD;
    }

    /**
     * Deletes what is too old now; blocks. Ends early once this is closed, or the database is away; what else goes wrong with one tenant
     * holds up no other, and none of its other stores.
     *
     * @return whether nothing went wrong
     */
    boolean purge() {
        Instant now = clock.instant();
        boolean whole = true;
        for (Tenant tenant : tenants.get()) {
            TenantSettings settings = tenant.settings();
            whole &= purging(tenant, "audit events", () -> purgeAudit(tenant, now));
            whole &= purging(
                    tenant,
                    "usage records",
                    () -> purge(tenant.id(), settings.usageRetentionDays(), now, usage::purge));
            whole &= purging(tenant, "stored objects", () -> purge(tenant.id(), 0, now, objects::purge));
            whole &= purging(
                    tenant,
                    "bodies of requests",
                    () -> purge(tenant.id(), settings.keptBodyDays(), now, bodies::purge));
        }
        while (!closed && bodies.purgeDeleted(STEP) > 0) {
            // the next step
        }
        return whole;
    }

    /** Whether it went well. */
    private static boolean purging(Tenant tenant, String what, Runnable work) {
        try {
            work.run();
            return true;
        } catch (StoreException.Away e) {
            throw e; // it is for the others too
        } catch (RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "event 6926: old " + what + " of the tenant `" + tenant.slug()
                            + "` cannot be deleted; tried again in an hour",
                    e);
            return false;
        }
    }

    /** By whole days: each time that something was deleted is an event itself, which is one a day then. */
    private void purgeAudit(Tenant tenant, Instant now) {
        Integer days = tenant.settings().auditRetentionDays();
        if (days == null) {
            return;
        }
        Instant before = now.truncatedTo(ChronoUnit.DAYS).minus(Duration.ofDays(days));
        int purged = purge(tenant.id(), before, audit::purge);
        if (purged > 0) {
            audit.append(new AuditEvent(
                    Ids.next(now),
                    now,
                    tenant.id(),
                    tenant.slug(),
                    Actor.SYSTEM,
                    "audit.purge",
                    "audit/events",
                    Map.of("before", before.toString(), "events", String.valueOf(purged))));
        }
    }

    private void purge(UUID tenant, @Nullable Integer days, Instant now, Purge store) {
        if (days != null) {
            purge(tenant, now.minus(Duration.ofDays(days)), store);
        }
    }

    private int purge(UUID tenant, Instant before, Purge store) {
        int purged = 0;
        int step = STEP;
        while (!closed && step >= STEP) {
            step = store.purge(tenant, before, STEP);
            purged += step;
        }
        return purged;
    }

    /** {@code purge} of a store. */
    private interface Purge {
        int purge(UUID tenantId, Instant before, int max);
    }

    @Override
    public void close() {
        closed = true;
        rounds.close(CLOSE_BOUND);
    }
}
