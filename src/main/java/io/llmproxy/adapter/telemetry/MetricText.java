package io.llmproxy.adapter.telemetry;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes Prometheus' text format 0.0.4. */
final class MetricText {
    private final StringBuilder out;

    MetricText(StringBuilder out) {
        this.out = out;
    }

    void head(String name, String type, String help) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    void sample(String name, List<String> labels, List<String> values, double value) {
        sample(name, labels, values, null, "", value);
    }

    /** @param more the name of one label more; null: none */
    void sample(
            String name,
            List<String> labels,
            List<String> values,
            @Nullable String more,
            String moreValue,
            double value) {
        out.append(name);
        char separator = '{';
        for (int i = 0; i < labels.size(); i++) {
            label(separator, labels.get(i), values.get(i));
            separator = ',';
        }
        if (more != null) {
            label(separator, more, moreValue);
            separator = ',';
        }
        if (separator == ',') {
            out.append('}');
        }
        out.append(' ').append(value).append('\n');
    }

    private void label(char separator, String name, String value) {
        out.append(separator).append(name).append("=\"");
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '"' -> out.append("\\\"");
                case '\n' -> out.append("\\n");
                default -> out.append(c);
            }
        }
        out.append('"');
    }
}
