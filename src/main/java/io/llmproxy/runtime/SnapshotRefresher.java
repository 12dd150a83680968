package io.llmproxy.runtime;

import io.llmproxy.domain.LongWork;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.StateSource;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@link Snapshots} true: at once after a change made by this process, within a period for changes of others. A
 * database that is away, or a state that cannot be built, leaves the last good snapshot in place.
 */
public final class SnapshotRefresher implements AutoCloseable {
    private static final Logger LOG = System.getLogger(SnapshotRefresher.class.getName());

    private static final int ROUNDS_PER_LOOK_AT_FILES = 2;

    /** What a key or user is worth as work: two thousand of them take a few milliseconds. */
    private static final long BYTES_EACH = 64;

    private final StateSource source;
    private final Snapshots snapshots;
    private final SnapshotBuilder builder;
    private final @Nullable String tenantSlug;
    private final ReentrantLock building = new ReentrantLock();
    private @Nullable Thread poller;
    private volatile boolean failing;
    /** Whether limits of the configuration wait to be in force. */
    private volatile boolean stale;

    /**
     * @param catalogue the prices that hold where the state says no others
     * @param tenantSlug the one tenant of this process; null: all
     * @param configured limits that are in force whatever the managed state says
     */
    public SnapshotRefresher(
            StateSource source,
            Snapshots snapshots,
            ProviderFactory providers,
            PriceCatalogue catalogue,
            @Nullable String tenantSlug,
            List<Limit> configured) {
        this.source = source;
        this.snapshots = snapshots;
        this.builder = new SnapshotBuilder(providers, catalogue, configured);
        this.tenantSlug = tenantSlug;
    }

    /** Loads and publishes; blocks. @throws StoreException where the database is away */
    public void refresh() {
        building.lock();
        try {
            StateSource.ManagedState state = source.load(tenantSlug);
            long bytes = BYTES_EACH * (state.keys().size() + state.users().size());
            snapshots.publish(LongWork.on(bytes, () -> builder.build(state)));
            stale = false;
            failing = false;
        } finally {
            building.unlock();
        }
    }

    /** Other limits of the configuration; in force when it returns, or as soon as the database answers again. */
    public void configured(List<Limit> limits) {
        building.lock();
        try {
            builder.configured(limits);
            stale = true;
            refresh();
        } finally {
            building.unlock();
        }
    }

    /** Asks for the revision every {@code period} and refreshes where it moved; now and then also where a provider at fault has healed
     * or a file of one has changed. */
    public void start(Duration period) {
        poller = Thread.ofVirtual().name("snapshot-refresher").start(() -> poll(period));
    }

    private void poll(Duration period) {
        for (int round = 1; !Thread.currentThread().isInterrupted(); round++) {
            try {
                Thread.sleep(period);
                boolean moved = source.revision() != snapshots.current().revision();
                if (moved || stale || round % ROUNDS_PER_LOOK_AT_FILES == 0 && outdated()) {
                    refresh();
                }
                failing = false;
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                if (!failing) {
                    LOG.log(
                            Level.WARNING,
                            "event 6406: reading the managed state failed; the last good one stays in force",
                            e);
                }
                failing = true;
            }
        }
    }

    private boolean outdated() {
        building.lock();
        try {
            return builder.outdated();
        } finally {
            building.unlock();
        }
    }

    /** Whether the last look at the database failed. */
    public boolean failing() {
        return failing;
    }

    @Override
    public void close() {
        Thread thread = poller;
        if (thread != null) {
            thread.interrupt();
        }
    }
}
