package io.llmproxy.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;

/** The figures of one run, in the order in which they are printed; flat, so that a shell script reads them too. */
public final class Report {
    /** Name to value as JSON writes it. */
    private final Map<String, String> figures = new LinkedHashMap<>();

    private boolean clean = true;

    Report(String mode) {
        put("mode", mode);
    }

    Report put(String name, long value) {
        figures.put(name, Long.toString(value));
        return this;
    }

    private void put(String name, String text) {
        figures.put(name, '"' + escaped(text) + '"');
    }

    Report put(String name, double value) {
        figures.put(name, String.format(Locale.ROOT, "%.3f", value));
        return this;
    }

    /** Percentiles of times that were recorded in nanoseconds, in milliseconds. */
    Report percentiles(String prefix, Histogram nanos) {
        put(prefix + "p50_ms", nanos.getValueAtPercentile(50) / 1e6);
        put(prefix + "p90_ms", nanos.getValueAtPercentile(90) / 1e6);
        put(prefix + "p99_ms", nanos.getValueAtPercentile(99) / 1e6);
        put(prefix + "p999_ms", nanos.getValueAtPercentile(99.9) / 1e6);
        return put(prefix + "max_ms", nanos.getMaxValue() / 1e6);
    }

    /** A count that is 0 in a run where all went well. */
    Report fault(String name, long count) {
        clean &= count == 0;
        return put(name, count);
    }

    Report faults(Faults faults) {
        fault("errors", faults.count());
        if (faults.first() != null) {
            put("first_error", faults.first());
        }
        return this;
    }

    /** Whether nothing failed, was lost or came twice. */
    public boolean clean() {
        return clean;
    }

    public String text() {
        return figures.entrySet().stream()
                .map(f -> String.format(Locale.ROOT, "%-18s %s", f.getKey(), bare(f.getValue())))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    public String json() {
        return figures.entrySet().stream()
                .map(f -> '"' + f.getKey() + "\":" + f.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }

    private static String bare(String value) {
        return value.startsWith("\"") ? value.substring(1, value.length() - 1) : value;
    }

    private static String escaped(String text) {
        StringBuilder out = new StringBuilder();
        text.chars().forEach(c -> {
            if (c == '"' || c == '\\') {
                out.append('\\');
            }
            out.append(c < ' ' ? ' ' : (char) c);
        });
        return out.toString();
    }

    /** Times from 1 µs to a minute with three digits; longer ones count as a minute. */
    static final class Times {
        private static final long LONGEST = 60_000_000_000L;

        private final Histogram histogram = new Histogram(1000, LONGEST, 3);

        void add(long nanos) {
            histogram.recordValue(Math.clamp(nanos, 0, LONGEST));
        }

        Histogram histogram() {
            return histogram;
        }
    }
}
