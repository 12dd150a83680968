package io.llmproxy.gateway;

import io.llmproxy.adapter.telemetry.HelidonTelemetry;
import io.llmproxy.adapter.telemetry.OtlpTracing;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.Tracing;
import io.llmproxy.testing.UsageRecords;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What one request costs in metrics, with every figure told, and in traces that are off, not sampled, or sampled. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TelemetryBenchmark {
    private HelidonTelemetry telemetry;
    private OtlpTracing none;
    private OtlpTracing all;
    private final UsageRecord record = UsageRecords.labelled("x");
    private final HeaderFields client = HeaderFields.of("Host", "x", "Content-Type", "application/json");

    @Setup
    public void setUp() {
        telemetry = new HelidonTelemetry();
        none = tracing(0);
        all = tracing(1);
    }

    private static OtlpTracing tracing(double ratio) {
        // nobody listens there: spans are dropped, which is what is to cost nothing
        return new OtlpTracing(
                new OtlpTracing.Settings(
                        URI.create("http://127.0.0.1:9/v1/traces"),
                        null,
                        ratio,
                        "bench",
                        "0",
                        512,
                        Duration.ofSeconds(1),
                        false),
                () -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                InstantSource.system());
    }

    @TearDown
    public void tearDown() {
        telemetry.close();
        none.close();
        all.close();
    }

    /** Counts one whole request: the bar is a microsecond. */
    @Benchmark
    public void metrics() {
        telemetry.inFlight(1);
        telemetry.limitsGranted();
        telemetry.served(record, ProviderKind.OPENAI);
        telemetry.inFlight(-1);
    }

    @Benchmark
    public Tracing.RequestSpan tracingOff() {
        return Tracing.OFF.begin(client);
    }

    /** One request without calls, as nearly all are at a ratio of 0.01. */
    @Benchmark
    public void tracingUnsampled() {
        end(none.begin(client));
    }

    @Benchmark
    public void tracingSampled() {
        end(all.begin(client));
    }

    private void end(Tracing.RequestSpan span) {
        if (span != null) {
            span.end(record, null);
        }
    }
}
