package io.llmproxy.adapter.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.provider.support.UpstreamDefaults;
import io.llmproxy.adapter.provider.support.UpstreamTrust;
import io.llmproxy.testing.FakeCollector;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.PemFiles;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpanQueueTest {
    private static final SpanQueue.Pauses SHORT = new SpanQueue.Pauses(Duration.ofMillis(1), Duration.ofMillis(4));

    /** A queue before a collector, and spans for it. */
    private record Line(SpanQueue queue, SdkTracerProvider provider) implements AutoCloseable {
        static Line to(URI endpoint, UpstreamDefaults trust) {
            OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                    .setComponentLoader(new OtlpTracing.Senders(new UpstreamTrust(trust)))
                    .setEndpoint(endpoint.toString())
                    .build();
            SpanQueue queue = new SpanQueue(exporter, 2048, Duration.ofSeconds(20), SHORT);
            queue.start();
            return new Line(
                    queue, SdkTracerProvider.builder().addSpanProcessor(queue).build());
        }

        void end(int spans) {
            for (int i = 0; i < spans; i++) {
                provider.get("test").spanBuilder("s").startSpan().end();
            }
        }

        @Override
        public void close() {
            provider.close();
        }
    }

    private static void await(BooleanSupplier what) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!what.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited thirty seconds").isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500, 503})
    void whatACollectorDoesNotTakeNowIsKeptUntilItDoes(int status) {
        try (FakeCollector collector = new FakeCollector();
                Line line = Line.to(collector.endpoint(), UpstreamDefaults.NONE)) {
            collector.answer(status);
            line.end(600);
            await(() -> collector.asked() > 12);
            assertThat(line.queue.fault()).contains("takes no spans: it answered " + status, "600 spans wait");
            collector.answer(200);
            assertThat(collector.awaitSpans(_ -> true, 600)).hasSize(600);
            await(() -> line.queue.exported() == 600);
            assertThat(line.queue.failed() + line.queue.dropped()).isZero();
            assertThat(line.queue.fault()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 401, 413})
    void whatACollectorRefusesForWhatItIsIsNotSentAgain(int status) {
        try (FakeCollector collector = new FakeCollector();
                Line line = Line.to(collector.endpoint(), UpstreamDefaults.NONE)) {
            collector.answer(status);
            line.end(3);
            await(() -> line.queue.failed() == 3 && line.queue.size() == 0);
            assertThat(collector.asked()).isEqualTo(1);
            collector.answer(200);
            line.end(1);
            await(() -> line.queue.exported() == 1);
            assertThat(collector.asked()).isEqualTo(2);
        }
    }

    @Test
    void closingIsBoundedWhereNobodyListens() {
        FakeCollector gone = new FakeCollector();
        gone.close();
        Line line = Line.to(gone.endpoint(), UpstreamDefaults.NONE);
        line.end(5);
        await(() -> line.queue.fault() != null);
        assertThat(line.queue.failed()).isZero();
        long begun = System.nanoTime();
        line.close();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
        assertThat(line.queue.failed()).isEqualTo(5);
    }

    @Test
    void aCollectorOfTheHousesOwnAuthorityIsBelieved(@TempDir Path directory) throws Exception {
        PemFiles pem = PemFiles.make(directory);
        try (FakeProvider collector = FakeProvider.startTls(pem.made().server())) {
            collector.on("/v1/traces", Script.answer(200, ""));
            URI endpoint = URI.create(collector.origin() + "/v1/traces");
            try (Line stranger = Line.to(endpoint, UpstreamDefaults.NONE)) {
                stranger.end(1);
                await(() -> stranger.queue.fault() != null);
                assertThat(stranger.queue.exported()).isZero();
            }
            try (Line line = Line.to(endpoint, new UpstreamDefaults(pem.certificate(), null, List.of()))) {
                line.end(1);
                await(() -> line.queue.exported() == 1);
            }
        }
    }

    @Test
    void anAuthorityThatCannotBeReadIsNamed(@TempDir Path directory) {
        Path missing = directory.resolve("missing.pem");
        try (Line line =
                Line.to(URI.create("https://127.0.0.1:1/v1/traces"), new UpstreamDefaults(missing, null, List.of()))) {
            line.end(1);
            await(() -> line.queue.fault() != null);
            assertThat(line.queue.fault()).contains("upstream.ca-file " + missing + " cannot be read");
        }
    }
}
