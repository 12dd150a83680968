package io.llmproxy.adapter.telemetry;

import io.helidon.tracing.Span;
import io.helidon.tracing.SpanContext;
import io.helidon.tracing.Tracer;
import io.helidon.tracing.providers.opentelemetry.HelidonOpenTelemetry;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.Tracing;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.common.ComponentLoader;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.export.HttpSenderProvider;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanLimits;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Spans by Helidon's tracing over OpenTelemetry, sent by OTLP over HTTP with protobuf. Whether a request is recorded is what its
 * {@code traceparent} says, else a matter of the ratio. Attributes are those of OpenTelemetry's conventions for HTTP and for
 * generative AI; what they have no name for begins with {@code llmproxy.}.
 */
public final class OtlpTracing implements Tracing, AutoCloseable {
    /** A client may name what it likes; this much of a value is told. */
    private static final int MAX_VALUE = 256;
    /** Of a body, in characters. */
    static final int MAX_BODY = 8 * 1024;
    /** A span with bodies takes the room of so many without. */
    private static final int LARGE_SPAN = 16;

    private static final String SCOPE = "io.llmproxy";
    /** Held, since a logger that nobody holds forgets its level: what it tells of each batch {@link SpanQueue} tells once. */
    private static final Logger EXPORTER = Logger.getLogger("io.opentelemetry.exporter");

    private final SpanQueue queue;
    private final SdkTracerProvider provider;
    private final Tracer tracer;
    private final InstantSource clock;
    private final boolean content;

    /**
     * Where spans go.
     *
     * @param endpoint the whole URL, as {@code http://127.0.0.1:4318/v1/traces}
     * @param headers a file with fields for the collector, read before each batch; null: none
     * @param ratio of the requests without a {@code traceparent} that are recorded, 0 to 1
     * @param queue how many spans may wait
     * @param timeout for one batch
     * @param content whether spans say what was asked and answered, of tenants that have it kept; then a sixteenth as many spans may wait
     */
    public record Settings(
            URI endpoint,
            @Nullable Path headers,
            double ratio,
            String serviceName,
            String version,
            int queue,
            Duration timeout,
            boolean content) {}

    /** How the exporter finds its sender, and nothing else. */
    record Senders(Supplier<SSLSocketFactory> tls) implements ComponentLoader {
        @Override
        public <T> Iterable<T> load(Class<T> wanted) {
            if (wanted != HttpSenderProvider.class) {
                return List.of();
            }
            HttpSenderProvider ours = config -> new OtlpSender(config, tls);
            return List.of(wanted.cast(ours));
        }
    }

    /** @throws IOException that says what is wrong with a file of header fields, without a word of it */
    public static void check(@Nullable Path headers) throws IOException {
        if (headers != null) {
            HeadersFile.parse(Files.readString(headers));
        }
    }

    /** @param tls for a collector over HTTPS */
    public OtlpTracing(Settings settings, Supplier<SSLSocketFactory> tls, InstantSource clock) {
        EXPORTER.setLevel(Level.OFF);
        this.clock = clock;
        this.content = settings.content();
        HeadersFile headers = new HeadersFile(settings.headers());
        OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                .setComponentLoader(new Senders(tls))
                .setEndpoint(settings.endpoint().toString())
                .setTimeout(settings.timeout())
                .setConnectTimeout(settings.timeout())
                .setHeaders(headers::fields)
                .build();
        int room = content ? Math.max(1, settings.queue() / LARGE_SPAN) : settings.queue();
        this.queue = new SpanQueue(exporter, room, settings.timeout().multipliedBy(2));
        this.provider = SdkTracerProvider.builder()
                .setResource(Resource.create(Attributes.of(
                        AttributeKey.stringKey("service.name"), settings.serviceName(),
                        AttributeKey.stringKey("service.version"), settings.version())))
                .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(settings.ratio())))
                .setSpanLimits(SpanLimits.builder()
                        .setMaxAttributeValueLength(content ? MAX_BODY : MAX_VALUE)
                        .build())
                .addSpanProcessor(queue)
                .build();
        OpenTelemetry telemetry = new Telemetry(provider);
        this.tracer = HelidonOpenTelemetry.create(telemetry, provider.get(SCOPE), Map.of());
        queue.start();
    }

    /** What Helidon's tracing asks of OpenTelemetry: spans, and the one propagation that is a standard. */
    private record Telemetry(TracerProvider getTracerProvider) implements OpenTelemetry {
        private static final ContextPropagators W3C =
                ContextPropagators.create(W3CTraceContextPropagator.getInstance());

        @Override
        public ContextPropagators getPropagators() {
            return W3C;
        }
    }

    @Override
    public RequestSpan begin(HeaderFields client) {
        Instant now = clock.instant();
        Span.Builder<?> builder = tracer.spanBuilder("request").kind(Span.Kind.SERVER);
        if (client.contains("traceparent")) {
            tracer.extract(new TraceFields(client)).ifPresent(builder::parent);
        }
        Span span = builder.start(now);
        return span.unwrap(io.opentelemetry.api.trace.Span.class).isRecording()
                ? new RecordedRequest(this, span, now, System.nanoTime())
                : new UnrecordedRequest(this, span.context());
    }

    Span.Builder<?> client(SpanContext parent) {
        return tracer.spanBuilder("call").kind(Span.Kind.CLIENT).parent(parent);
    }

    void inject(SpanContext context, HeaderFields upstream) {
        upstream.remove("tracestate");
        tracer.inject(context, io.helidon.tracing.HeaderProvider.empty(), new TraceFields(upstream));
    }

    /** Whether spans say what was asked and answered. */
    boolean content() {
        return content;
    }

    /** Spans that wait. */
    public int waiting() {
        return queue.size();
    }

    /** Spans since the start that the collector took. */
    public long exported() {
        return queue.exported();
    }

    /** Spans since the start that found no room to wait. */
    public long dropped() {
        return queue.dropped();
    }

    /** Spans since the start that the collector refused, or had not taken at the end. */
    public long failed() {
        return queue.failed();
    }

    /** What is wrong and what to do; null: the collector takes what it is sent. */
    public @Nullable String fault() {
        return queue.fault();
    }

    /** Sends what waits, two seconds at most. */
    @Override
    public void close() {
        provider.close();
    }
}
