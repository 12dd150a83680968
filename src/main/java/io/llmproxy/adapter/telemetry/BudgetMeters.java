package io.llmproxy.adapter.telemetry;

import io.llmproxy.domain.limit.LimitMetric;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How often budgets passed a threshold, by metric and threshold: of the former a closed list, of the latter what is configured. Thread-safe. */
final class BudgetMeters {
    private static final List<String> BUDGETS = Arrays.stream(LimitMetric.values())
            .filter(LimitMetric::budget)
            .map(LimitMetric::word)
            .toList();

    private final ConcurrentHashMap<Labels, LongAdder> alerts = new ConcurrentHashMap<>();

    private record Labels(String metric, int threshold) {}

    /** Shows those thresholds from the beginning: an increase needs a zero to rise from, and a budget is used up once in its period. */
    void expect(List<Integer> thresholds) {
        for (String metric : BUDGETS) {
            thresholds.forEach(threshold -> of(metric, threshold));
        }
    }

    void alerted(String metric, int threshold) {
        of(metric, threshold).increment();
    }

    private LongAdder of(String metric, int threshold) {
        return alerts.computeIfAbsent(new Labels(metric, threshold), l -> new LongAdder());
    }

    void show(HelidonTelemetry telemetry) {
        telemetry.show(Shown.counter(
                "llmproxy_budget_alerts_total",
                "Budgets whose use passed a threshold for the first time in their period",
                List.of("metric", "threshold"),
                out -> alerts.forEach((labels, count) ->
                        out.add((double) count.sum(), labels.metric, Integer.toString(labels.threshold)))));
    }
}
