package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.Price;
import io.llmproxy.domain.usage.Usd;
import io.llmproxy.gateway.DryRun;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Explanation;
import io.llmproxy.gateway.PassedLimits;
import io.llmproxy.gateway.PricingRules;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.limit.CheapestFirst;
import io.llmproxy.gateway.limit.Limiter;
import io.llmproxy.gateway.limit.LookingCounters;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.TargetHealth;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.Telemetry;
import io.llmproxy.runtime.KeySecrets;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.RuntimeSnapshot.KeyEntry;
import io.llmproxy.runtime.Snapshots;
import io.llmproxy.runtime.TenantView;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes a described request through the stages that decide, with counters that only look, and notes down what they say. It ends where
 * the first target would be called.
 */
final class Explainer implements DryRun {
    private static final String ANY_KEY = "any";

    private final Snapshots snapshots;
    private final Locate locate;
    private final Inspect inspect;
    private final Route route;
    private final Pricing pricing;
    private final PricingRules rules;
    private final CounterStore counters;
    private final HealthBoard board;
    private final InstantSource clock;

    Explainer(
            Snapshots snapshots,
            Locate locate,
            Inspect inspect,
            Route route,
            PricingRules rules,
            CounterStore counters,
            HealthBoard board,
            InstantSource clock) {
        this.snapshots = snapshots;
        this.locate = locate;
        this.inspect = inspect;
        this.route = route;
        this.rules = rules;
        this.pricing = new Pricing(rules);
        this.counters = counters;
        this.board = board;
        this.clock = clock;
    }

    @Override
    public Explanation explain(Described request) {
        RuntimeSnapshot state = snapshots.current();
        TenantView view = state.tenants().get(request.tenantId());
        if (view == null) {
            throw new InvalidValueException("tenant", "is not served by this process");
        }
        Instant now = clock.instant();
        Steps steps = new Steps(request.detailed());
        Exchange x = new Exchange(new DescribedRequest(request), DescribedRequest.NOWHERE);
        x.arrived(Ids.next(now), now, System.nanoTime());
        x.traceTo(steps);
        KeyEntry entry = entry(request, state, view, now);
        try {
            Limiter limiter =
                    new Limiter(new LookingCounters(counters, clock, steps), Telemetry.NONE, new PassedLimits(), rules);
            limiter.admit(x, state.limits());
            authenticate(x, entry, now, steps);
            locate.handle(x, y -> inspect.handle(y, z -> decide(z, limiter, state, steps)));
        } catch (ProxyException e) {
            steps.refused(e.error());
        }
        return steps.explanation();
    }

    private static KeyEntry entry(Described request, RuntimeSnapshot state, TenantView view, Instant now) {
        String wanted = request.key();
        if (wanted == null) {
            ApiKey any = new ApiKey(
                    Ids.next(now),
                    request.tenantId(),
                    null,
                    ANY_KEY,
                    KeySecrets.hash(ANY_KEY),
                    "",
                    null,
                    null,
                    KeyScope.ANY,
                    null,
                    null,
                    false,
                    null,
                    now,
                    now);
            return new KeyEntry(new Principal(view.tenant(), null, any), view, null);
        }
        return state.keys().values().stream()
                .filter(e -> e.until() == null && e.principal().key().tenantId().equals(request.tenantId()))
                .filter(e -> isCalled(e.principal().key(), wanted))
                .findFirst()
                .orElseThrow(() -> new InvalidValueException(
                        "key", "is neither the id nor the name of a key of the tenant, nor how a secret begins"));
    }

    private static boolean isCalled(ApiKey key, String wanted) {
        return key.name().equals(wanted)
                || key.id().toString().equals(wanted)
                || wanted.length() == ApiKey.PREFIX_LENGTH && key.prefix().equals(wanted);
    }

    private static void authenticate(Exchange x, KeyEntry entry, Instant now, Steps steps) {
        Principal principal = entry.principal();
        x.authenticated(entry);
        String name = principal.key().name();
        try {
            Authenticate.check(principal, x.request().clientAddress(), now);
        } catch (ProxyException e) {
            steps.add("key", name, "refused", e.error().message());
            throw e;
        }
        String user = principal.user() == null
                ? "no user"
                : "user " + principal.user().email();
        steps.add("key", name, "accepted", "tenant " + principal.tenant().slug() + ", " + user);
    }

    private void decide(Exchange x, Limiter limiter, RuntimeSnapshot state, Steps steps) {
        Endpoint.Kind kind = x.endpoint().kind();
        if (kind != Endpoint.Kind.RELAY && kind != Endpoint.Kind.PASSTHROUGH) {
            steps.found("", "the gateway answers this itself");
            return;
        }
        route.plan(x);
        List<Target> targets = x.plan();
        ProxyException refusal = refusal(x, limiter, state, targets);
        Target first = candidates(x, targets, steps);
        if (refusal != null) {
            throw refusal;
        }
        if (first != null) {
            price(x, first, steps);
        } else {
            steps.add("answer", "", "503", "no target can be called now");
        }
    }

    /** By the price or a limit; null: none. */
    private @Nullable ProxyException refusal(Exchange x, Limiter limiter, RuntimeSnapshot state, List<Target> targets) {
        try {
            pricing.handle(x, priced -> limiter.reserve(priced, state.limits(), targets));
            return null;
        } catch (ProxyException e) {
            return e;
        }
    }

    /** The target that would be called first; null: none can be. */
    private @Nullable Target candidates(Exchange x, List<Target> targets, Steps steps) {
        int passedOver = targets.size() - x.plan().size();
        Target first = null;
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(i);
            TargetHealth health = board.of(target.provider()).of(target.model());
            Obstacle obstacle = i < passedOver
                    ? new Obstacle(Attempt.LIMIT, "a limit of the provider is reached")
                    : Obstacle.of(x, target, health, board.now());
            boolean called = first == null && obstacle == null;
            first = called ? target : first;
            steps.add(
                    "candidate",
                    named(target),
                    called ? "called first" : obstacle == null ? "called next" : "passed over",
                    obstacle == null
                            ? figures(x, target, health, shown(target, steps))
                            : obstacle.text() + reason(x, target, health, shown(target, steps)));
        }
        return first;
    }

    private String reason(Exchange x, Target target, TargetHealth health, boolean detailed) {
        if (!detailed) {
            return "";
        }
        String reason = health.reason(
                HealthBoard.blamed(target.provider(), x.principal().tenant().id()), board.now());
        return reason == null ? "" : "; its last failing call " + reason;
    }

    /** What other tenants' requests found out is not everybody's to see. */
    private static boolean shown(Target target, Steps steps) {
        return steps.detailed() || !target.provider().account().shared();
    }

    private String figures(Exchange x, Target target, TargetHealth health, boolean detailed) {
        long now = board.now();
        long latency = health.latency(x.ask().stream(), now);
        OptionalLong micros = CheapestFirst.boundMicros(x, target);
        long resting = health.resting(now);
        return (micros.isEmpty() ? "no price known" : "at most " + Usd.ofMicros(micros.getAsLong()) + " USD")
                + (!detailed
                        ? ""
                        : latency == 0
                                ? ", not measured of late"
                                : ", first byte after " + TimeUnit.NANOSECONDS.toMillis(latency) + " ms")
                + (resting == 0
                        ? ""
                        : ", asked for a pause of " + (TimeUnit.NANOSECONDS.toSeconds(resting) + 1) + " s");
    }

    private static void price(Exchange x, Target target, Steps steps) {
        Price price = x.price(target);
        OptionalLong micros = CheapestFirst.boundMicros(x, target);
        steps.add(
                "price",
                price == null ? "" : price.id(),
                price == null ? "unknown" : "known",
                micros.isEmpty()
                        ? "what the request may cost cannot be told"
                        : "at most " + Usd.ofMicros(micros.getAsLong()) + " USD, by its estimated input and the bound"
                                + " of its output");
    }

    private static String named(Target target) {
        return target.providerName() + (target.model() == null ? "" : "/" + target.model());
    }
}
