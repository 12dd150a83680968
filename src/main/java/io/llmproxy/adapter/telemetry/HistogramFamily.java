package io.llmproxy.adapter.telemetry;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Histograms of one name, told apart by their labels. Who adds one holds it; looking it up is not for the hot path. Thread-safe. */
final class HistogramFamily {
    private final String name;
    private final String help;
    private final double unit;
    private final long[] bounds;
    private final List<String> labels;
    private final Map<List<String>, Histogram> histograms = new ConcurrentHashMap<>();

    /**
     * @param unit how many of what is recorded make one of what is shown: a million where microseconds are recorded
     * @param bounds in what is recorded, ascending
     */
    HistogramFamily(String name, String help, double unit, long[] bounds, String... labels) {
        this.name = name;
        this.help = help;
        this.unit = unit;
        this.bounds = bounds;
        this.labels = List.of(labels);
    }

    /** The histogram of those values of the labels, in their order. */
    Histogram of(String... values) {
        return histograms.computeIfAbsent(List.of(values), v -> new Histogram(bounds));
    }

    void write(MetricText text) {
        if (histograms.isEmpty()) {
            return;
        }
        text.head(name, "histogram", help);
        histograms.forEach((values, histogram) -> write(text, values, histogram));
    }

    private void write(MetricText text, List<String> values, Histogram histogram) {
        long below = 0;
        for (int i = 0; i <= bounds.length; i++) {
            below += histogram.count(i);
            String bound = i < bounds.length ? Double.toString(bounds[i] / unit) : "+Inf";
            text.sample(name + "_bucket", labels, values, "le", bound, (double) below);
        }
        text.sample(name + "_sum", labels, values, histogram.sum() / unit);
        text.sample(name + "_count", labels, values, (double) below);
    }
}
