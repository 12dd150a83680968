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
        int tenants,
        int keys,
        int providers,
        List<String> problems) {
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
