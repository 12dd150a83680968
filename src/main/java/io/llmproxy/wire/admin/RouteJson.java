package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A route. What it matches are globs; where none is given it is a model of its name. Targets are {@code PROVIDER/MODEL}, with
 * {@code *} for the model that was asked for, or the name of another route, either with {@code =WEIGHT} behind it.
 */
public record RouteJson(
        String id,
        @Nullable String tenant,
        boolean shared,
        String name,
        @Nullable String matchPath,
        Map<String, String> matchHeaders,
        @Nullable String matchHost,
        @Nullable String matchUser,
        Map<String, String> matchLabels,
        String strategy,
        @Nullable String sticky,
        List<String> targets,
        int retries,
        boolean retryTimeouts,
        @Nullable String timeout,
        Instant createdAt,
        Instant updatedAt) {

    /**
     * Body of {@code POST /api/v1/tenants/SLUG/routes} and, for routes of all tenants, {@code POST /api/v1/routes}.
     *
     * @param strategy {@code failover}, {@code round-robin}, {@code weighted}, {@code least-latency} or {@code cost}
     * @param sticky {@code user} or {@code header:NAME}
     * @param timeout a duration
     */
    public record Create(
            String name,
            List<String> targets,
            @Nullable String strategy,
            @Nullable String sticky,
            @Nullable String matchPath,
            @Nullable Map<String, String> matchHeaders,
            @Nullable String matchHost,
            @Nullable String matchUser,
            @Nullable Map<String, String> matchLabels,
            @Nullable Integer retries,
            @Nullable Boolean retryTimeouts,
            @Nullable String timeout) {}
}
