package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code llmproxyctl status} shows.
 *
 * @param tenant the one tenant of the process, or {@code *}
 * @param limits where limits are counted
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
        long requestsInFlight,
        long journalBacklog,
        int tenants,
        int keys,
        int providers,
        Limits limits,
        List<String> problems) {

    /**
     * Where limits are counted.
     *
     * @param store {@code memory}, or what several processes share
     * @param state {@code ok}, or what it is instead
     * @param processes how many share the limits, this one included
     */
    public record Limits(String store, String state, Instant since, int processes) {}
}
