package io.llmproxy.adapter.telemetry;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.Usd;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How often limits had room, were nearly used up, or refused; of the last two by scope and metric, which are closed lists. Thread-safe. */
final class LimitMeters {
    private static final List<String> LABELS = List.of("limit_scope", "metric");

    private final LongAdder granted = new LongAdder();
    private final LongAdder overrunTokens = new LongAdder();
    private final LongAdder overspentMicros = new LongAdder();
    // filled once, and only read after that
    private final Map<LimitScope, Map<LimitMetric, LongAdder>> near = counts();
    private final Map<LimitScope, Map<LimitMetric, LongAdder>> refused = counts();

    private static Map<LimitScope, Map<LimitMetric, LongAdder>> counts() {
        Map<LimitScope, Map<LimitMetric, LongAdder>> counts = new EnumMap<>(LimitScope.class);
        for (LimitScope scope : LimitScope.values()) {
            Map<LimitMetric, LongAdder> own = new EnumMap<>(LimitMetric.class);
            for (LimitMetric metric : LimitMetric.values()) {
                own.put(metric, new LongAdder());
            }
            counts.put(scope, own);
        }
        return counts;
    }

    void granted() {
        granted.increment();
    }

    void near(Limit limit) {
        increment(near, limit);
    }

    void refused(Limit limit) {
        increment(refused, limit);
    }

    void overran(long tokens) {
        overrunTokens.add(tokens);
    }

    void overspent(long micros) {
        overspentMicros.add(micros);
    }

    private static void increment(Map<LimitScope, Map<LimitMetric, LongAdder>> counts, Limit limit) {
        Map<LimitMetric, LongAdder> own = counts.get(limit.scope());
        LongAdder count = own == null ? null : own.get(limit.metric());
        if (count != null) {
            count.increment();
        }
    }

    void show(HelidonTelemetry telemetry) {
        telemetry.counter(
                "llmproxy_limits_granted_total", "Requests for which all their limits had room", granted::sum);
        telemetry.counter(
                "llmproxy_limit_overrun_tokens_total",
                "Tokens used beyond what was reserved for their request",
                overrunTokens::sum);
        telemetry.counter(
                "llmproxy_limit_overrun_nano_usd_total",
                "Cost beyond what was reserved for its request, in billionths of a US dollar",
                () -> (double) overspentMicros.sum() * Usd.NANOS_PER_MICRO);
        telemetry.show(Shown.counter(
                "llmproxy_limits_near_total",
                "Requests that a limit let through of which less than a tenth was left then",
                LABELS,
                out -> samples(near, out)));
        telemetry.show(Shown.counter(
                "llmproxy_limits_refused_total",
                "Requests that a limit refused",
                LABELS,
                out -> samples(refused, out)));
    }

    /** All of them, from the beginning: a rate needs a zero to rise from. */
    private static void samples(Map<LimitScope, Map<LimitMetric, LongAdder>> counts, Shown.Samples out) {
        counts.forEach((scope, own) ->
                own.forEach((metric, count) -> out.add((double) count.sum(), scope.word(), metric.word())));
    }
}
