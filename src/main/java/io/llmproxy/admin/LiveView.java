package io.llmproxy.admin;

import io.llmproxy.domain.limit.Limit;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens now.
 *
 * @param seconds how many were summed up; 0: somebody has just begun to look
 * @param problems what is wrong and what to do
 */
public record LiveView(
        Instant at,
        int seconds,
        Line all,
        List<Line> tenants,
        List<Line> providers,
        List<Line> models,
        List<Near> limits,
        List<String> problems) {
    public LiveView {
        tenants = List.copyOf(tenants);
        providers = List.copyOf(providers);
        models = List.copyOf(models);
        limits = List.copyOf(limits);
        problems = List.copyOf(problems);
    }

    /**
     * Requests of the last seconds that have something in common. Durations in microseconds, -1 where there are none.
     *
     * @param running requests that run now
     * @param state of a provider, in a word; null where it is none
     */
    public record Line(
            String name,
            long running,
            long requests,
            long errors,
            long inputTokens,
            long outputTokens,
            long costNanos,
            long durationMedian,
            long durationP99,
            long firstByteMedian,
            long firstByteP99,
            @Nullable String state) {}

    /**
     * A limit that is near its end.
     *
     * @param tenant the slug of the subject's tenant; null: of none
     * @param subject whose use it is; null where the limit has one counter
     */
    public record Near(
            Limit limit, @Nullable String tenant, @Nullable String subject, long used, double share) {}
}
