package io.llmproxy.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the appliance does.
 *
 * @param tenant the one tenant of the process, or {@code *}
 * @param gateway the address for clients
 * @param admin the TCP address for health and metrics; null: there is none
 * @param database what it is and whether it answers
 * @param journalBacklog usage records not yet in the database
 * @param pressure what is counted of the load
 * @param problems what is wrong and what to do, one sentence each; empty: all is well
 */
public record ApplianceStatus(
        String version,
        String tenant,
        Instant startedAt,
        long uptimeSeconds,
        String gateway,
        @Nullable String admin,
        String database,
        Counters counters,
        long requestsInFlight,
        long journalBacklog,
        Pressure pressure,
        int tenants,
        int keys,
        int providers,
        List<String> problems) {
    /**
     * Figures of the load.
     *
     * @param bodyMemory bytes that the bodies of running requests hold in memory beyond their first piece
     * @param softPassed requests that passed a soft limit, since the start
     * @param shadowPassed requests that a shadow limit would have refused, since the start
     */
    public record Pressure(long bodyMemory, long softPassed, long shadowPassed) {
        public static final Pressure NONE = new Pressure(0, 0, 0);
    }

    /**
     * Where limits are counted.
     *
     * @param store {@code memory} or {@code redis}
     * @param state {@code up} or {@code away}
     * @param since when that began
     * @param processes that share the counters, as far as was last known
     */
    public record Counters(String store, String state, Instant since, int processes) {}

    public ApplianceStatus {
        problems = List.copyOf(problems);
    }
}
