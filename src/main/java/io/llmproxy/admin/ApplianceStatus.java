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
 * @param limits where limits are counted
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
        long requestsInFlight,
        long journalBacklog,
        int tenants,
        int keys,
        int providers,
        LimitStoreStatus limits,
        List<String> problems) {
    public ApplianceStatus {
        problems = List.copyOf(problems);
    }
}
