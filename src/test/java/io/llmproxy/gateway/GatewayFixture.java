package io.llmproxy.gateway;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.adapter.memory.MemoryIdempotencyStore;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Choice;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Target;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.gateway.idempotency.IdempotencySettings;
import io.llmproxy.gateway.idempotency.IdempotentRuns;
import io.llmproxy.gateway.stage.Stages;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.StateSource;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.Telemetry;
import io.llmproxy.port.Tokenizer;
import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.runtime.SnapshotRefresher;
import io.llmproxy.runtime.Snapshots;
import io.llmproxy.testing.InMemoryStores;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A gateway over a managed state in memory: tenant acme with provider {@code up}, which declares nothing, and one key. */
final class GatewayFixture {
    /** Every word is a token. */
    static final Tokenizer TOKENIZER =
            (encoding, text) -> text.isBlank() ? 0 : text.strip().split("\\s+", -1).length;

    static final PriceCatalogue CATALOGUE = PriceCatalogue.parse("""
            type,model,valid-from,input,output,cache-read
            custom,gpt-4o,2024-05-13,2.5,10,1.25
            custom,unfinished,2024-05-13,,10,
            """);

    static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
    final String secret = KeySecrets.generate();
    final Clock clock = new Clock();
    final Journal journal = new Journal();
    final Counts counts = new Counts();
    final InMemoryStores stores = new InMemoryStores();
    final Snapshots snapshots = new Snapshots();
    final Gateway gateway;
    final MemoryIdempotencyStore store = new MemoryIdempotencyStore(1000);
    final IdempotentRuns runs;
    final Map<String, ScriptedProvider> providers = new HashMap<>();
    Tenant tenant;
    ApiKey key;

    @Nullable
    User user;

    private final List<ProviderAccount> accounts = new ArrayList<>();
    private final List<PriceOverlay> prices = new ArrayList<>();
    private final List<ApiKey> otherKeys = new ArrayList<>();
    private final List<Tenant> otherTenants = new ArrayList<>();
    private final SnapshotRefresher refresher;
    final MemoryCounterStore counters;

    /** Routes of the managed state. */
    final List<Route> routes = new ArrayList<>();

    /** Limits of the managed state. */
    final List<Limit> limits = new ArrayList<>();

    private long revision;

    GatewayFixture(Path directory) {
        this(directory, s -> s);
    }

    /** @param configured limits that are in force from the start */
    GatewayFixture(Path directory, UnaryOperator<GatewaySettings> change, Limit... configured) {
        GatewaySettings settings =
                change.apply(new GatewaySettings(64 * 1024, 4 * 1024 * 1024, 0, false, Duration.ZERO, directory));
        counters = new MemoryCounterStore(
                clock, () -> Duration.between(Instant.EPOCH, clock.now).toNanos());
        runs = new IdempotentRuns(
                store,
                new IdempotencySettings(Duration.ofHours(24), 4096, 1 << 20, 1 << 20, Duration.ofSeconds(20)),
                clock);
        runs.start();
        gateway = Stages.gateway(
                settings,
                snapshots,
                new Ledger(journal, OnFull.REFUSE, clock),
                stores.objects(),
                counts,
                counters,
                TOKENIZER,
                runs,
                clock);
        tenant = tenant("acme", TenantSettings.DEFAULT);
        key = key(tenant, "dev", secret, KeyScope.ANY);
        accounts.add(account("up", tenant.id(), List.of()));
        refresher = new SnapshotRefresher(new State(), snapshots, new Factory(), CATALOGUE, null, List.of(configured));
        refresher.refresh();
    }

    ScriptedProvider up() {
        return provider("up");
    }

    ScriptedProvider provider(String name) {
        ScriptedProvider provider = providers.get(name);
        if (provider == null) {
            throw new AssertionError("no provider " + name);
        }
        return provider;
    }

    RecordingSink send(FakeRequest request) {
        return send(request, new RecordingSink());
    }

    RecordingSink send(FakeRequest request, RecordingSink sink) {
        journal.sink = sink;
        gateway.serve(request, sink);
        return sink;
    }

    /** A chat request with the fixture's key. */
    FakeRequest chat(String json) {
        return FakeRequest.post("/v1/chat/completions", json).key(secret);
    }

    void scope(KeyScope scope) {
        key = key.with(scope, key.expiresAt(), START);
        publish();
    }

    void price(PriceOverlay overlay) {
        prices.add(overlay);
        publish();
    }

    void settings(TenantSettings settings) {
        tenant = tenant.with("Acme", settings, START);
        publish();
    }

    void addProvider(String name, String... models) {
        addAccount(account(name, tenant.id(), List.of(models)));
    }

    void addAccount(ProviderAccount account) {
        accounts.add(account);
        publish();
    }

    /** A route of the tenant that is a model, in force at once. */
    Route addRoute(String name, BalancePolicy strategy, String... targets) {
        return addRoute(route(name, RouteMatch.NONE, strategy, 0, false, null, targets));
    }

    Route addRoute(Route route) {
        routes.add(route);
        publish();
        return route;
    }

    Route route(
            String name,
            RouteMatch match,
            BalancePolicy strategy,
            int retries,
            boolean retryTimeouts,
            @Nullable Duration timeout,
            String... targets) {
        return new Route(
                Ids.next(START),
                tenant.id(),
                name,
                match,
                Choice.of(strategy),
                Arrays.stream(targets).map(t -> Target.parse("targets", t)).toList(),
                retries,
                retryTimeouts,
                timeout,
                START,
                START);
    }

    void removeProvider(String name) {
        accounts.removeIf(a -> a.name().equals(name));
        publish();
    }

    Tenant addTenant(String slug, String withSecret) {
        Tenant other = tenant(slug, TenantSettings.DEFAULT);
        otherTenants.add(other);
        otherKeys.add(key(other, "other", withSecret, KeyScope.ANY));
        publish();
        return other;
    }

    void publish() {
        refresher.refresh();
    }

    UsageRecord record() {
        if (journal.records.size() != 1) {
            throw new AssertionError("expected one record: " + journal.records);
        }
        return journal.records.getFirst();
    }

    static KeyScope scope(List<String> models, Set<String> from, boolean passthrough) {
        return new KeyScope(models.stream().map(Glob::new).toList(), from, List.of(), passthrough, Map.of());
    }

    static Tenant tenant(String slug, TenantSettings settings) {
        return new Tenant(Ids.next(START), slug, "Acme", Tenant.Status.ACTIVE, settings, START, START);
    }

    static ApiKey key(Tenant tenant, String name, String secret, KeyScope scope) {
        return new ApiKey(
                Ids.next(START),
                tenant.id(),
                null,
                name,
                KeySecrets.hash(secret),
                KeySecrets.displayed(secret),
                null,
                null,
                scope,
                null,
                null,
                false,
                null,
                START,
                START);
    }

    static ApiKey ofUser(ApiKey key, User user) {
        return new ApiKey(
                key.id(),
                key.tenantId(),
                user.id(),
                key.name(),
                key.hash(),
                key.prefix(),
                null,
                null,
                key.scope(),
                null,
                null,
                false,
                null,
                START,
                START);
    }

    static User user(Tenant tenant, boolean enabled) {
        return new User(Ids.next(START), tenant.id(), "ann@example.com", null, Role.USER, enabled, START, START);
    }

    static ProviderAccount account(String name, @Nullable UUID tenantId, List<String> models) {
        return account(name, ProviderKind.CUSTOM, tenantId, models);
    }

    static ProviderAccount account(String name, ProviderKind kind, @Nullable UUID tenantId, List<String> models) {
        return new ProviderAccount(
                Ids.next(START),
                tenantId,
                name,
                kind,
                URI.create("http://127.0.0.1:1/v1"),
                new Credential.None(),
                models.stream().map(Glob::new).toList(),
                0,
                1,
                Map.of(),
                null,
                ProviderTimeouts.DEFAULT,
                ProviderEgress.DEFAULT,
                StreamUsage.AUTO,
                io.llmproxy.domain.model.Abilities.NONE,
                true,
                true,
                START,
                START);
    }

    /** A clock that stands still until it is moved. */
    static final class Clock implements InstantSource {
        volatile Instant now = START;

        @Override
        public Instant instant() {
            return now;
        }

        void advance(Duration by) {
            now = now.plus(by);
        }
    }

    /** A journal in memory, which can refuse. */
    static final class Journal extends ForgetfulJournal {
        final List<UsageRecord> records = Collections.synchronizedList(new ArrayList<>());
        volatile boolean full;
        volatile @Nullable RecordingSink sink;

        @Override
        public void append(UsageRecord record) {
            if (full) {
                throw new StoreException("writing to the journal", new java.io.IOException("no space left on device"));
            }
            RecordingSink seen = sink;
            if (seen != null) {
                seen.note("append");
            }
            records.add(record);
        }

        @Override
        public long backlog() {
            return records.size();
        }
    }

    /** Telemetry that only counts. */
    static final class Counts implements Telemetry {
        final AtomicLong running = new AtomicLong();
        final List<Integer> unknown = Collections.synchronizedList(new ArrayList<>());
        final AtomicLong served = new AtomicLong();
        final AtomicLong overrun = new AtomicLong();
        final AtomicLong overspent = new AtomicLong();
        final List<String> passed = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void overran(long tokens) {
            overrun.addAndGet(tokens);
        }

        @Override
        public void overspent(long micros) {
            overspent.addAndGet(micros);
        }

        @Override
        public void limitPassed(String scope, String metric, String mode) {
            passed.add(mode);
        }

        @Override
        public void served(UsageRecord record, @Nullable ProviderKind kind) {
            served.incrementAndGet();
        }

        @Override
        public void refusedUnknown(int status) {
            unknown.add(status);
        }

        @Override
        public void inFlight(int delta) {
            running.addAndGet(delta);
        }
    }

    private final class State implements StateSource {
        @Override
        public long revision() {
            return revision;
        }

        @Override
        public void changed() {
            revision++;
        }

        @Override
        public ManagedState load(@Nullable String tenantSlug) {
            List<Tenant> tenants = new ArrayList<>(otherTenants);
            tenants.add(tenant);
            List<ApiKey> keys = new ArrayList<>(otherKeys);
            keys.add(key);
            return new ManagedState(
                    revision,
                    tenants,
                    user == null ? List.of() : List.of(user),
                    keys,
                    accounts,
                    prices,
                    limits,
                    routes);
        }
    }

    private final class Factory implements ProviderFactory {
        @Override
        public Provider open(ProviderAccount account) {
            return providers.compute(account.name(), (name, known) -> new ScriptedProvider(account));
        }

        @Override
        public void check(ProviderAccount account) {}
    }
}
