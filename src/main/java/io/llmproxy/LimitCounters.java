package io.llmproxy;

import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.admin.LimitStoreStatus;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.port.CounterStore;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The counters of limits and what belongs to them, wherever they are kept.
 *
 * @param clock of their windows
 * @param sweep drops what counts nothing any more
 * @param size how many counters this process keeps
 * @param fault what is wrong; null: nothing
 * @param closing what is done when no request runs any more
 */
record LimitCounters(
        CounterStore store,
        InstantSource clock,
        Consumer<Map<String, Limit>> sweep,
        IntSupplier size,
        Supplier<@Nullable String> fault,
        Supplier<LimitStoreStatus> status,
        Runnable closing)
        implements AutoCloseable {
    /** How long what a process holds is its own without the database; after that it is lost, so that a dead one's comes back. */
    private static final Duration LEASE = Duration.ofMinutes(1);

    /** In memory where the database is open to one process alone, else by leases from the database; blocks. */
    static LimitCounters choose(ApplianceConfig config, Database database, DataDirectory directory, InstantSource clock)
            throws IOException {
        if (config.database().url() == null) {
            return ofMemory(new MemoryCounterStore(clock), clock);
        }
        String tenant = config.tenant() == null ? "*" : config.tenant();
        return ofLeases(LeasedCounterStore.join(database.leases(directory.identity(clock.instant()), tenant, LEASE)));
    }

    private static LimitCounters ofMemory(MemoryCounterStore store, InstantSource clock) {
        LimitStoreStatus status = new LimitStoreStatus("memory", "ok", clock.instant(), 1);
        return new LimitCounters(store, clock, store::sweep, store::size, () -> null, () -> status, () -> {});
    }

    private static LimitCounters ofLeases(LeasedCounterStore store) {
        return new LimitCounters(
                store,
                store.clock(),
                store::sweep,
                store::size,
                store::fault,
                () -> new LimitStoreStatus(
                        "postgresql", store.fault() == null ? "ok" : "away", store.since(), store.processes()),
                store::close);
    }

    @Override
    public void close() {
        closing.run();
    }
}
