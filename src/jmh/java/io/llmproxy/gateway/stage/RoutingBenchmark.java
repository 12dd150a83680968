package io.llmproxy.gateway.stage;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Choice;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Stickiness;
import io.llmproxy.domain.usage.PriceBook;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.gateway.DryRun;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.ProviderHealth;
import io.llmproxy.gateway.resilience.ResilienceRules;
import io.llmproxy.gateway.resilience.TargetHealth;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.runtime.RouteBook;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import io.llmproxy.runtime.TenantView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a request pays to find its targets and to ask and tell how they do. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RoutingBenchmark {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

    private final HealthBoard board = new HealthBoard(ResilienceRules.DEFAULT);
    private final RoutePlanner planner = new RoutePlanner(board);
    private final SplittableRandom random = new SplittableRandom(1);
    private TenantView view;
    private RouteBook.Way way;
    private RouteBook.Way sticky;
    private Exchange exchange;
    private Target target;

    private record Upstream(ProviderAccount account) implements Provider {
        @Override
        public @Nullable String fault() {
            return null;
        }

        @Override
        public ProviderCall call(UpstreamRequest request) {
            throw new AssertionError();
        }

        @Override
        public void retire() {}
    }

    @Setup
    public void setUp() {
        UUID tenantId = Ids.next(NOW);
        Tenant tenant = new Tenant(tenantId, "acme", "Acme", Tenant.Status.ACTIVE, TenantSettings.DEFAULT, NOW, NOW);
        List<Provider> providers = List.of(provider(tenantId, "a"), provider(tenantId, "b"), provider(tenantId, "c"));
        PriceBook prices = new PriceBook(
                PriceCatalogue.parse("type,model,valid-from,input,output,cache-read\n"), List.of(), List.of());
        Route smart = route(tenantId, "smart", Choice.of(BalancePolicy.WEIGHTED));
        Choice choice = new Choice(BalancePolicy.WEIGHTED, new Stickiness("x-conversation"), Set.of());
        view = new TenantView(
                tenant, providers, prices.table(tenantId, List::of), List.of(smart, route(tenantId, "kept", choice)));
        way = Objects.requireNonNull(view.routes().named("smart"));
        sticky = Objects.requireNonNull(view.routes().named("kept"));
        exchange = exchange(tenant);
        target = new Target(providers.getFirst(), "m", "/chat/completions", false);
    }

    private static Route route(UUID tenantId, String name, Choice choice) {
        return new Route(
                Ids.next(NOW),
                tenantId,
                name,
                RouteMatch.NONE,
                choice,
                List.of("a/m", "b/m=2", "c/m=3").stream()
                        .map(t -> io.llmproxy.domain.route.Target.parse("targets", t))
                        .toList(),
                0,
                false,
                null,
                NOW,
                NOW);
    }

    private Exchange exchange(Tenant tenant) {
        HeaderFields headers = HeaderFields.of("X-Conversation", "01997e0c-55f1-7d6f-8a2e-3a5c0c3f9d11");
        Exchange x = new Exchange(
                new DescribedRequest(new DryRun.Described(
                        tenant.id(),
                        null,
                        "POST",
                        "/v1/chat/completions",
                        headers,
                        new byte[] {127, 0, 0, 1},
                        new byte[0],
                        false)),
                DescribedRequest.NOWHERE);
        ApiKey key = new ApiKey(
                Ids.next(NOW),
                tenant.id(),
                null,
                "dev",
                KeySecrets.hash("secret"),
                "",
                null,
                null,
                KeyScope.ANY,
                null,
                null,
                false,
                null,
                NOW,
                NOW);
        x.authenticated(new KeyEntry(new Principal(tenant, null, key), view, null));
        return x;
    }

    private static Provider provider(UUID tenantId, String name) {
        List<Glob> models = IntStream.range(0, 50)
                .mapToObj(i -> new Glob(name + "-model-" + i))
                .toList();
        return new Upstream(Accounts.account(tenantId, name, models));
    }

    /** One of 150 declared names. */
    @Benchmark
    public List<TenantView.Match> declaredModel() {
        return view.candidates("b-model-49");
    }

    /** What a request with one target pays for its breaker, from the look-up to the success. */
    @Benchmark
    public boolean breaker() {
        ProviderHealth provider = board.of(target.provider());
        TargetHealth health = provider.of(target.model());
        boolean entered = provider.begin() && health.enter(null, board);
        health.success(null);
        health.answered(false, board.now(), 1_000_000);
        provider.end();
        return entered;
    }

    /** Three targets by weight, in their order, and the first one's breaker. */
    @Benchmark
    public boolean weightedRoute() {
        return planned(way);
    }

    /** The same, kept with one target by a header. */
    @Benchmark
    public boolean stickyRoute() {
        return planned(sticky);
    }

    private boolean planned(RouteBook.Way taken) {
        List<RoutePlanner.Weighted> legs = new ArrayList<>(3);
        for (RouteBook.Leg leg : taken.legs()) {
            legs.add(new RoutePlanner.Weighted(
                    new Target(leg.provider(), leg.model(), "/chat/completions", false), leg.weight()));
        }
        List<Target> ordered = planner.order(exchange, taken.route(), legs, random);
        Target first = ordered.getFirst();
        return board.of(first.provider()).of(first.model()).enter(null, board);
    }
}
