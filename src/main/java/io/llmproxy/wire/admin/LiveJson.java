package io.llmproxy.wire.admin;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code llmproxyctl top} shows.
 *
 * @param seconds how many whole seconds the rates are of; 0: it was asked for the first time, ask again in a second
 * @param problems what is wrong and what to do, as in the status
 */
public record LiveJson(
        Instant at,
        int seconds,
        Line all,
        List<Line> tenants,
        List<Line> providers,
        List<Line> models,
        List<Near> limits,
        List<String> problems) {
    /**
     * Requests that ended in the last seconds and have something in common.
     *
     * @param running requests that run now
     * @param costPerHour in USD, at the present rate
     * @param p50Ms half of them took no longer, from the first byte to the last; null: there were none
     * @param ttftP50Ms until the first byte of the answer
     * @param state of a provider: {@code ok}, {@code unhealthy}, {@code failing}, {@code left-alone}, {@code resting}; null else
     */
    public record Line(
            String name,
            long running,
            double requestsPerSecond,
            double errorsPerSecond,
            double inputTokensPerSecond,
            double outputTokensPerSecond,
            String costPerHour,
            @Nullable Double p50Ms,
            @Nullable Double p99Ms,
            @Nullable Double ttftP50Ms,
            @Nullable Double ttftP99Ms,
            @Nullable String state) {}

    /** A limit that is near its end; {@code percent} of {@code amount} is used. */
    public record Near(
            String id,
            String scope,
            @Nullable String tenant,
            @Nullable String subject,
            String metric,
            @Nullable String per,
            String amount,
            String used,
            double percent) {}
}
