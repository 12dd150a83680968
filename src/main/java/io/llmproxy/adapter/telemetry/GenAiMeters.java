package io.llmproxy.adapter.telemetry;

import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of OpenTelemetry's conventions for generative AI, with their names, buckets and labels; one look-up a request. Labels are
 * words of closed lists, and models as {@link ModelNames} lets them. Thread-safe.
 */
final class GenAiMeters {
    private static final double MICROS = 1e6;
    private static final String[] LABELS = {"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"};

    private final ModelNames models;
    private final int maxSeries;
    private final ConcurrentHashMap<Labels, Meters> meters = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<FailedLabels, Histogram> failed = new ConcurrentHashMap<>();

    private final HistogramFamily duration = new HistogramFamily(
            "gen_ai_server_request_duration_seconds",
            "From a request's first byte to the last of its answer",
            MICROS,
            micros(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92),
            LABELS[0],
            LABELS[1],
            LABELS[2],
            "error_type");
    private final HistogramFamily firstToken = new HistogramFamily(
            "gen_ai_server_time_to_first_token_seconds",
            "Of streams that came whole, until the first byte of the answer's body went out",
            MICROS,
            micros(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
            LABELS);
    private final HistogramFamily perToken = new HistogramFamily(
            "gen_ai_server_time_per_output_token_seconds",
            "Of streams that came whole, the time between two tokens of the output after the first",
            MICROS,
            micros(0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5),
            LABELS);
    private final HistogramFamily tokens = new HistogramFamily(
            "gen_ai_client_token_usage",
            "Tokens of one request",
            1,
            new long[] {1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864},
            LABELS[0],
            LABELS[1],
            LABELS[2],
            "gen_ai_token_type");

    private record Labels(String endpoint, @Nullable ProviderKind kind, String model) {}

    private record FailedLabels(Labels labels, String error) {}

    private record Meters(
            Histogram duration, Histogram firstToken, Histogram perToken, Histogram input, Histogram output) {}

    GenAiMeters(ModelNames models, int maxSeries) {
        this.models = models;
        this.maxSeries = maxSeries;
    }

    private static long[] micros(double... seconds) {
        long[] bounds = new long[seconds.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = Math.round(seconds[i] * MICROS);
        }
        return bounds;
    }

    /** @param trouble null: it went well */
    void served(UsageRecord record, @Nullable ProviderKind kind, @Nullable Trouble trouble) {
        if (record.requestedModel() == null) {
            return;
        }
        boolean success = trouble == null && record.outcome() == Outcome.COMPLETED;
        Labels labels = new Labels(record.endpoint(), kind, models.label(record.requestedModel(), success));
        if (!success) {
            failed(labels, trouble == null ? "cut" : trouble.word()).record(record.durationMicros());
            return;
        }
        Meters own = of(labels);
        own.duration.record(record.durationMicros());
        TokenUsage used = record.tokens();
        if (used.source() != TokenUsage.Source.NONE) {
            own.input.record(used.input());
            own.output.record(used.output());
        }
        long first = record.firstByteMicros();
        if (record.stream() && first >= 0) {
            own.firstToken.record(first);
            if (used.output() > 1) {
                own.perToken.record((record.durationMicros() - first) / (used.output() - 1));
            }
        }
    }

    private Meters of(Labels labels) {
        Meters known = meters.get(labels);
        if (known != null) {
            return known;
        }
        Labels bounded = meters.size() < maxSeries ? labels : bounded(labels);
        return meters.computeIfAbsent(bounded, this::added);
    }

    private static Labels bounded(Labels labels) {
        return new Labels(labels.endpoint, null, HelidonTelemetry.OTHER);
    }

    private Histogram failed(Labels labels, String error) {
        FailedLabels key = new FailedLabels(labels, error);
        Histogram known = failed.get(key);
        if (known != null) {
            return known;
        }
        FailedLabels kept = failed.size() < maxSeries ? key : new FailedLabels(bounded(labels), error);
        return failed.computeIfAbsent(kept, k -> duration.of(values(k.labels, k.error)));
    }

    private Meters added(Labels labels) {
        return new Meters(
                duration.of(values(labels, "")),
                firstToken.of(values(labels)),
                perToken.of(values(labels)),
                tokens.of(values(labels, "input")),
                tokens.of(values(labels, "output")));
    }

    private static String[] values(Labels labels, String... more) {
        String[] values = new String[3 + more.length];
        values[0] = GenAi.operation(labels.endpoint);
        values[1] = GenAi.provider(labels.kind);
        values[2] = labels.model;
        System.arraycopy(more, 0, values, 3, more.length);
        return values;
    }

    void write(MetricText text) {
        duration.write(text);
        firstToken.write(text);
        perToken.write(text);
        tokens.write(text);
    }
}
