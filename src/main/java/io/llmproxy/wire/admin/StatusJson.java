package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code llmproxyctl status} shows.
 *
 * @param tenant the one tenant of the process, or {@code *}
 * @param bodyMemory bytes that bodies of running requests hold in memory
 * @param softLimitsPassed requests served although they passed a soft limit, since the start
 * @param shadowLimitsPassed requests that a shadow limit would have refused, since the start
 * @param counters where limits are counted: {@code memory}, {@code redis} or {@code postgresql}
 * @param countersState {@code up}; or {@code away}, since when something else is done ({@code redis.on-failure})
 * @param countersProcesses how many processes share them, as far as was last known
 * @param problems what is wrong and what to do, one sentence each; empty: all is well
 */
public record StatusJson(
        String version,
        String tenant,
        Instant startedAt,
        long uptimeSeconds,
        String gateway,
        @Nullable String admin,
        String database,
        String counters,
        String countersState,
        Instant countersSince,
        int countersProcesses,
        long requestsInFlight,
        long journalBacklog,
        long bodyMemory,
        long softLimitsPassed,
        long shadowLimitsPassed,
        int tenants,
        int keys,
        int providers,
        List<String> problems) {}
