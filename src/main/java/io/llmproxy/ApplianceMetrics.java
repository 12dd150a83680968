package io.llmproxy;

import io.llmproxy.adapter.admin.auth.AdminAuth;
import io.llmproxy.adapter.http.GatewayServer;
import io.llmproxy.adapter.telemetry.HelidonTelemetry;
import io.llmproxy.adapter.telemetry.OtlpTracing;
import io.llmproxy.adapter.telemetry.Shown;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.Gateway;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.audit.Transcripts;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.ProviderHealth;
import io.llmproxy.gateway.resilience.TargetHealth;
import io.llmproxy.gateway.usage.UsageFlusher;
import io.llmproxy.port.Provider;
import io.llmproxy.port.UpstreamConnections;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.Snapshots;
import io.llmproxy.runtime.TenantView;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the parts show of their state at each scrape; what happens to requests is counted where it happens. */
final class ApplianceMetrics {
    /** Providers that are shown; tenants may make them by the thousand. */
    static final int MOST_PROVIDERS = 500;

    private static final List<String> OF_PROVIDER = List.of("tenant", "provider");
    private static final List<String> WITH_STATE = List.of("tenant", "provider", "state");

    private final HelidonTelemetry telemetry;

    ApplianceMetrics(HelidonTelemetry telemetry) {
        this.telemetry = telemetry;
        telemetry.show(Shown.level(
                "llmproxy_build_info",
                "Always 1; the label says which version runs",
                List.of("version"),
                out -> out.add(1, Version.current())));
    }

    void ledger(UsageJournal journal, Ledger ledger, UsageFlusher flusher) {
        telemetry.gauge("llmproxy_journal_backlog_records", "Usage records not yet in the database", journal::backlog);
        telemetry.gauge(
                "llmproxy_journal_lag_seconds",
                "How far the database is behind the usage journal, at most",
                () -> flusher.lag().toNanos() / 1e9);
        telemetry.gauge(
                "llmproxy_journal_waiting_records",
                "Usage records in memory, which the journal refuses to take",
                ledger::waiting);
        telemetry.counter(
                "llmproxy_journal_dropped_records_total",
                "Usage records dropped since the start, while the journal refused to take them",
                ledger::dropped);
    }

    void gateway(Gateway gateway, GatewayServer server) {
        telemetry.gauge(
                "llmproxy_body_memory_bytes",
                "What the bodies of running requests hold in memory beyond their first piece",
                gateway.bodyMemory()::used);
        telemetry.gauge(
                "llmproxy_targets_left_alone",
                "Models of providers that fail and get no calls, or one to try them",
                gateway.health()::open);
        telemetry.show(
                Shown.level("llmproxy_client_connections", "Open connections of clients", List.of("protocol"), out -> {
                    GatewayServer.Open open = server.open();
                    out.add(open.http1(), "http/1.1");
                    out.add(open.http2(), "h2");
                }));
    }

    /** Of administration over TCP. */
    void callers(AdminAuth auth) {
        telemetry.show(Shown.counter(
                "llmproxy_admin_callers_refused_total",
                "Callers of the admin API over TCP whose credentials were not accepted",
                List.of(),
                out -> out.add((double) auth.refusals())));
    }

    /** Bodies that the audit keeps. */
    void bodies(Transcripts transcripts) {
        telemetry.gauge(
                "llmproxy_audit_bodies_bytes",
                "What bodies of requests hold in memory until they are stored",
                transcripts::used);
        telemetry.counter(
                "llmproxy_audit_bodies_dropped_requests_total",
                "Requests whose bodies were left out of the audit since the start",
                transcripts::dropped);
    }

    /** What `status` says is wrong, by kind; all kinds at every scrape, so that an alert sees the change. */
    void problems(StatusBoard board) {
        telemetry.show(Shown.level(
                "llmproxy_problems",
                "1: something of that kind is wrong, as llmproxyctl status says with what to do; 0: nothing",
                List.of("kind"),
                out -> Stream.of(StatusBoard.Kind.values())
                        .filter(StatusBoard.Kind::quick)
                        .forEach(kind -> out.add(board.wrong(kind) ? 1 : 0, kind.word()))));
    }

    /** Null: no traces are sent. */
    void tracing(@Nullable OtlpTracing tracing) {
        if (tracing == null) {
            return;
        }
        telemetry.gauge("llmproxy_trace_queue_spans", "Spans that wait for the collector", tracing::waiting);
        telemetry.show(Shown.counter(
                "llmproxy_trace_spans_total",
                "Spans that the collector took, that it refused or had not taken at the stop, and that found no room to wait",
                List.of("result"),
                out -> {
                    out.add((double) tracing.exported(), "exported");
                    out.add((double) tracing.failed(), "failed");
                    out.add((double) tracing.dropped(), "dropped");
                }));
    }

    void providers(Snapshots snapshots, HealthBoard board) {
        telemetry.declared(declared(snapshots.current()));
        snapshots.onPublish(state -> telemetry.declared(declared(state)));
        telemetry.show(Shown.level(
                "llmproxy_provider_up",
                "1: it can be called; 0: it lacks something, such as its credential, or fails its checks",
                OF_PROVIDER,
                out -> each(snapshots, (owner, p) -> out.add(up(p, board) ? 1 : 0, owner, name(p)))));
        telemetry.show(Shown.level(
                "llmproxy_provider_calls_running",
                "Calls of a provider that run",
                OF_PROVIDER,
                out -> each(snapshots, (owner, p) -> out.add(board.of(p).running(), owner, name(p)))));
        telemetry.show(Shown.level(
                "llmproxy_provider_targets",
                "Models of a provider that were called, by the state of their breakers",
                WITH_STATE,
                out -> each(
                        snapshots,
                        (owner, p) ->
                                targets(board, p).forEach((state, count) -> out.add(count, owner, name(p), state)))));
        telemetry.show(Shown.level(
                "llmproxy_upstream_connections",
                "Connections to a provider that are in use or lie idle",
                WITH_STATE,
                out -> each(snapshots, (owner, p) -> {
                    UpstreamConnections open = p.connections();
                    out.add(open.busy(), owner, name(p), "busy");
                    out.add(open.idle(), owner, name(p), "idle");
                })));
    }

    private static Set<String> declared(RuntimeSnapshot state) {
        Set<String> names = new HashSet<>();
        for (TenantView tenant : state.tenants().values()) {
            for (Provider provider : tenant.providers().values()) {
                provider.account().models().stream().filter(Glob::exact).forEach(m -> names.add(m.pattern()));
            }
        }
        return names;
    }

    private static String name(Provider provider) {
        return provider.account().name();
    }

    private static boolean up(Provider provider, HealthBoard board) {
        ProviderHealth health = board.find(provider.account().id());
        return provider.fault() == null && (health == null || !health.failingChecks());
    }

    private static Map<String, Integer> targets(HealthBoard board, Provider provider) {
        Map<String, Integer> states = new LinkedHashMap<>();
        for (String state : List.of("closed", "open", "half-open")) {
            states.put(state, 0);
        }
        ProviderHealth health = board.find(provider.account().id());
        Collection<TargetHealth> models = health == null ? List.of() : health.models();
        long now = board.now();
        for (TargetHealth model : models) {
            states.merge(TargetStates.word(model.breaker().state(now)), 1, Integer::sum);
        }
        return states;
    }

    /** Each provider once, with the slug of its owner, which is empty where all tenants share it. */
    private static void each(Snapshots snapshots, BiConsumer<String, Provider> action) {
        Set<UUID> seen = new HashSet<>();
        for (TenantView tenant : snapshots.current().tenants().values()) {
            for (Provider provider : tenant.providers().values()) {
                ProviderAccount account = provider.account();
                if (seen.size() < MOST_PROVIDERS && seen.add(account.id())) {
                    action.accept(account.shared() ? "" : tenant.tenant().slug(), provider);
                }
            }
        }
    }
}
