package io.llmproxy.adapter.telemetry;

import io.helidon.common.media.type.MediaTypes;
import io.helidon.metrics.api.Counter;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.MetricsConfig;
import io.helidon.metrics.api.MetricsFactory;
import io.helidon.metrics.api.Tag;
import io.helidon.metrics.api.Timer;
import io.helidon.metrics.spi.MeterRegistryFormatterProvider;
import io.helidon.service.registry.Services;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.Telemetry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Counts in Helidon's metrics registry, which is one for the whole process; {@link #close} takes these meters out of it.
 *
 * <p>Looking a meter up by its labels costs half a microsecond, so each set of labels is looked up once. Labels are tenants,
 * providers and closed lists; beyond {@link #MAX_SERIES} sets the rest is counted under {@code other}.
 */
public final class HelidonTelemetry implements Telemetry, AutoCloseable {
    private static final int MAX_SERIES = 2000;
    static final String OTHER = "other";
    private static final String SCOPE_LABEL = "scope";
    /** The kinds by their labels. */
    private static final Map<String, String> KINDS = Arrays.stream(PrivateKind.values())
            .collect(Collectors.toUnmodifiableMap(PrivateKind::label, PrivateKind::word));

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(5)
    };

    private static final long[] OVERHEAD_MICROS = {
        10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000
    };

    private final int maxSeries;
    private final MetricsConfig config;
    private final MeterRegistry registry;
    private final Queue<Meter> own = new ConcurrentLinkedQueue<>();
    private final ConcurrentHashMap<RequestLabels, RequestMeters> requests = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<ErrorLabels, Counter> errors = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, Counter> refused = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Counter> redacted = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<PassedLabels, Counter> passed = new ConcurrentHashMap<>();
    private final LongAdder inFlight = new LongAdder();
    private final ModelNames models = new ModelNames();
    private final GenAiMeters genAi;
    private final LimitMeters limits = new LimitMeters();
    private final BudgetMeters budgets = new BudgetMeters();
    private final HistogramFamily overheads = new HistogramFamily(
            "llmproxy_overhead_seconds",
            "What requests spent in the gateway itself before they were sent to a provider",
            1e6,
            OVERHEAD_MICROS);
    private final Histogram overhead = overheads.of();
    private final Queue<Shown> shown = new ConcurrentLinkedQueue<>();

    /** What the counters of requests and tokens are told apart by. */
    private record RequestLabels(String tenant, String provider, int statusClass, Outcome outcome) {}

    private record ErrorLabels(String tenant, Trouble trouble) {}

    private record PassedLabels(String scope, String metric, String mode) {}

    public HelidonTelemetry() {
        this(MAX_SERIES);
    }

    HelidonTelemetry(int maxSeries) {
        this.maxSeries = maxSeries;
        this.genAi = new GenAiMeters(models, maxSeries);
        config = MetricsConfig.builder()
                .restRequestEnabled(false)
                .virtualThreadsEnabled(false)
                .warnOnMultipleRegistries(false)
                .build();
        registry = Services.get(MetricsFactory.class).globalRegistry(config);
        gauge("llmproxy_requests_in_flight", "Requests that are being served", inFlight::sum);
        limits.show(this);
        budgets.show(this);
        JvmGauges.register(this);
    }

    /** Shows what {@code value} gives at the moment of each scrape; it must not block. The name says the unit. */
    public void gauge(String name, String help, DoubleSupplier value) {
        own.add(registry.getOrCreate(Gauge.builder(name, value::getAsDouble).description(help)));
    }

    /** Shows what only rises from the start on; as {@link #gauge}. Its name ends in {@code _total}. */
    public void counter(String name, String help, DoubleSupplier value) {
        show(Shown.counter(name, help, List.of(), out -> out.add(value.getAsDouble())));
    }

    /** Shows what is found out at each scrape. */
    public void show(Shown metric) {
        shown.add(metric);
    }

    @Override
    public void served(UsageRecord record, @Nullable ProviderKind kind) {
        RequestMeters meters = meters(record);
        meters.requests().increment();
        meters.duration().record(record.durationMicros(), TimeUnit.MICROSECONDS);
        TokenUsage tokens = record.tokens();
        add(meters.input(), tokens.input());
        add(meters.output(), tokens.output());
        add(meters.cachedInput(), tokens.cachedInput());
        add(meters.cacheWrite(), tokens.cacheWrite());
        add(meters.reasoning(), tokens.reasoning());
        Cost cost = record.cost();
        add(meters.cost(), cost.nanos());
        add(meters.unpriced(), cost.state() == Cost.State.PRICED ? 0 : 1);
        overhead.record(record.overheadMicros());
        Trouble trouble = Trouble.of(record);
        if (trouble != null) {
            error(record.tenantSlug(), trouble).increment();
        }
        genAi.served(record, kind, trouble);
    }

    /** The names of models, not globs, that providers declare now; of others only those that are served become labels. */
    public void declared(Set<String> names) {
        models.declared(names);
    }

    private static void add(Counter counter, long amount) {
        if (amount > 0) {
            counter.increment(amount);
        }
    }

    private RequestMeters meters(UsageRecord record) {
        String provider = record.provider();
        RequestLabels labels = new RequestLabels(
                record.tenantSlug(), provider == null ? "" : provider, record.status() / 100, record.outcome());
        RequestMeters known = requests.get(labels);
        if (known != null) {
            return known;
        }
        RequestLabels bounded = requests.size() < maxSeries
                ? labels
                : new RequestLabels(OTHER, OTHER, labels.statusClass(), labels.outcome());
        return requests.computeIfAbsent(bounded, this::requestMeters);
    }

    private RequestMeters requestMeters(RequestLabels labels) {
        Tag tenant = Tag.create("tenant", labels.tenant());
        Tag provider = Tag.create("provider", labels.provider());
        return new RequestMeters(
                counter(
                        "llmproxy_requests",
                        "Requests of known keys that ended",
                        tenant,
                        provider,
                        Tag.create("status", labels.statusClass() + "xx"),
                        Tag.create("outcome", name(labels.outcome()))),
                duration(tenant, provider),
                tokens(tenant, provider, "input"),
                tokens(tenant, provider, "output"),
                tokens(tenant, provider, "cached_input"),
                tokens(tenant, provider, "cache_write"),
                tokens(tenant, provider, "reasoning"),
                counter(
                        "llmproxy_cost_nano_usd",
                        "What requests cost so far as their prices are known, in billionths of a US dollar",
                        tenant,
                        provider),
                counter(
                        "llmproxy_requests_unpriced",
                        "Requests whose cost is unknown, all of it or a part",
                        tenant,
                        provider));
    }

    /** The word of an outcome in labels and attributes. */
    static String name(Outcome outcome) {
        return switch (outcome) {
            case COMPLETED -> "completed";
            case REFUSED -> "refused";
            case FAILED -> "failed";
            case CUT -> "cut";
            case CLIENT_GONE -> "client_gone";
        };
    }

    private Timer duration(Tag tenant, Tag provider) {
        // the registry adds the unit to a timer's name: llmproxy_request_duration_seconds
        Timer timer = registry.getOrCreate(Timer.builder("llmproxy_request_duration")
                .description("From a request's first byte to the last of its answer")
                .tags(List.of(tenant, provider))
                .percentiles(new double[0])
                .buckets(BUCKETS));
        own.add(timer);
        return timer;
    }

    private Counter tokens(Tag tenant, Tag provider, String kind) {
        return counter(
                "llmproxy_tokens",
                "Tokens used; input includes cached_input and cache_write, output includes reasoning",
                tenant,
                provider,
                Tag.create("kind", kind));
    }

    private Counter error(String tenant, Trouble trouble) {
        ErrorLabels labels = new ErrorLabels(tenant, trouble);
        Counter known = errors.get(labels);
        if (known != null) {
            return known;
        }
        ErrorLabels bounded = errors.size() < maxSeries ? labels : new ErrorLabels(OTHER, trouble);
        return errors.computeIfAbsent(
                bounded,
                l -> counter(
                        "llmproxy_errors",
                        "Requests that went wrong, by the side that it is to be put down to: client, gateway or upstream",
                        Tag.create("tenant", l.tenant()),
                        Tag.create("side", l.trouble().side()),
                        Tag.create("code", l.trouble().word())));
    }

    @Override
    public void refusedUnknown(int status) {
        Counter known = refused.get(status);
        Counter counter = known != null ? known : refused.computeIfAbsent(status, this::refusedCounter);
        counter.increment();
    }

    private Counter refusedCounter(int status) {
        return counter(
                "llmproxy_requests_refused",
                "Requests refused before their key was known, by the listener itself too",
                Tag.create("status", String.valueOf(status)));
    }

    private Counter counter(String name, String help, Tag... tags) {
        Counter counter =
                registry.getOrCreate(Counter.builder(name).description(help).tags(List.of(tags)));
        own.add(counter);
        return counter;
    }

    @Override
    public void limitsGranted() {
        limits.granted();
    }

    @Override
    public void limitRefused(Limit limit) {
        limits.refused(limit);
    }

    @Override
    public void limitNear(Limit limit) {
        limits.near(limit);
    }

    @Override
    public void limitPassed(String scope, String metric, String mode) {
        PassedLabels labels = new PassedLabels(scope, metric, mode);
        Counter known = passed.get(labels);
        Counter counter = known != null ? known : passed.computeIfAbsent(labels, this::passedCounter);
        counter.increment();
    }

    private Counter passedCounter(PassedLabels labels) {
        return counter(
                "llmproxy_limits_passed",
                "Requests served though they passed a limit, which was soft or shadow",
                Tag.create("limit_scope", labels.scope()),
                Tag.create("metric", labels.metric()),
                Tag.create("mode", labels.mode()));
    }

    @Override
    public void alerted(String metric, int threshold) {
        budgets.alerted(metric, threshold);
    }

    /** The thresholds, in percent, that budgets may pass. */
    public void thresholds(List<Integer> percents) {
        budgets.expect(percents);
    }

    @Override
    public void redacted(String label, int count) {
        // the names of patterns are an operator's own, and any number of them
        String kind = KINDS.getOrDefault(label, "pattern");
        Counter known = redacted.get(kind);
        Counter counter = known != null ? known : redacted.computeIfAbsent(kind, this::redactedCounter);
        counter.increment(count);
    }

    private Counter redactedCounter(String kind) {
        return counter(
                "llmproxy_redacted",
                "Private texts that were taken out of requests before a provider saw them",
                Tag.create("kind", kind));
    }

    @Override
    public void overran(long tokens) {
        limits.overran(tokens);
    }

    @Override
    public void overspent(long micros) {
        limits.overspent(micros);
    }

    @Override
    public void inFlight(int delta) {
        inFlight.add(delta);
    }

    /** Every meter in Prometheus' text format 0.0.4. */
    public String prometheus() {
        for (MeterRegistryFormatterProvider provider : ServiceLoader.load(MeterRegistryFormatterProvider.class)) {
            @Nullable
            Object text = provider.formatter(
                            MediaTypes.TEXT_PLAIN, config, registry, Optional.empty(), Set.of(), Set.of())
                    .flatMap(formatter -> formatter.format())
                    .orElse(null);
            if (text != null) {
                return withOwn(withoutScope(text.toString()));
            }
        }
        throw new IllegalStateException(
                "no Prometheus formatter among the libraries: helidon-metrics-providers-micrometer is missing");
    }

    private String withOwn(String registered) {
        StringBuilder out = new StringBuilder(registered);
        if (!registered.isEmpty() && !registered.endsWith("\n")) {
            out.append('\n');
        }
        MetricText text = new MetricText(out);
        overheads.write(text);
        genAi.write(text);
        shown.forEach(metric -> metric.write(text));
        return out.toString();
    }

    /** Helidon labels every meter with its scope, which here is always the same; quotes inside a value are escaped. */
    private static String withoutScope(String text) {
        return text.replace(SCOPE_LABEL + "=\"application\",", "").replace("{} ", " ");
    }

    @Override
    public void close() {
        own.forEach(registry::remove);
        own.clear();
    }
}
