package io.llmproxy.adapter.telemetry;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A metric whose samples are found out when they are asked for, such as the state of each provider; nothing of it is kept in between. What
 * finds them out must not block.
 *
 * @param counter whether figures only rise; else they are levels
 * @param labels names of the labels, in the order of the values
 */
public record Shown(String name, String help, boolean counter, List<String> labels, Consumer<Samples> samples) {
    public Shown {
        labels = List.copyOf(labels);
    }

    /** A level. */
    public static Shown level(String name, String help, List<String> labels, Consumer<Samples> samples) {
        return new Shown(name, help, false, labels, samples);
    }

    /** What only rises. */
    public static Shown counter(String name, String help, List<String> labels, Consumer<Samples> samples) {
        return new Shown(name, help, true, labels, samples);
    }

    /** Takes samples. */
    @FunctionalInterface
    public interface Samples {
        /** @param values of the labels, in their order */
        void add(double figure, String... values);
    }

    void write(MetricText text) {
        List<Sample> found = new ArrayList<>();
        samples.accept((figure, values) -> found.add(new Sample(figure, List.of(values))));
        if (found.isEmpty()) {
            return;
        }
        text.head(name, counter ? "counter" : "gauge", help);
        found.forEach(sample -> text.sample(name, labels, sample.values, sample.figure));
    }

    private record Sample(double figure, List<String> values) {}
}
