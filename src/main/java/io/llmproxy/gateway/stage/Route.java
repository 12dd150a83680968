package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.route.Requirement;
import io.llmproxy.gateway.Api;
import io.llmproxy.gateway.ClientPath;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Persistence;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.RouteTrace;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.object.FineTuned;
import io.llmproxy.gateway.object.ObjectUse;
import io.llmproxy.gateway.object.Ownership;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.scan.References.Reference;
import io.llmproxy.port.Provider;
import io.llmproxy.runtime.RouteBook;
import io.llmproxy.runtime.RouteBook.Way;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.TenantView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Decides where a request goes: model to provider, within what the key and its tenant may use. Plans only; the models' list is answered here. */
public final class Route implements Stage {
    private static final String MODEL_PATH = "/v1/models/";

    private final ModelListing listing;
    private final Ownership ownership;
    private final Limit limit;
    private final RoutePlanner planner;
    private final @Nullable Duration timeout;
    private final Persistence usual;

    /**
     * @param limit of requests that are answered here; all others come to it by themselves
     * @param timeout for the whole of a request whose route says nothing about it; null: none
     */
    public Route(
            ModelListing listing, Ownership ownership, Limit limit, HealthBoard board, @Nullable Duration timeout) {
        this.timeout = timeout;
        this.usual = timeout == null ? Persistence.FAILOVER : new Persistence(0, false, timeout, false);
        this.planner = new RoutePlanner(board);
        this.listing = listing;
        this.ownership = ownership;
        this.limit = limit;
    }

    /** Forgets what it knows of routes that are no more. */
    void retain(RuntimeSnapshot state) {
        Set<UUID> alive = new HashSet<>();
        state.tenants().values().forEach(t -> t.routes().routes().forEach(r -> alive.add(r.id())));
        planner.retain(alive);
    }

    @Override
    public void handle(Exchange x, Next next) {
        switch (x.endpoint().kind()) {
            case MODELS -> {
                limit.own(x);
                listing.answer(x);
            }
            case VERSION -> {
                limit.own(x);
                listing.answerVersion(x);
            }
            case RELAY, PASSTHROUGH -> {
                plan(x);
                next.handle(x);
            }
            case ONE_MODEL -> oneModel(x, next);
            case UNKNOWN -> throw Refusals.notFound("There is no such endpoint.");
        }
    }

    /** Finds the targets of what is sent on. @throws ProxyException where it has none */
    void plan(Exchange x) {
        x.persistence(usual);
        planned(x, x.endpoint().kind() == Endpoint.Kind.PASSTHROUGH ? List.of(passthrough(x)) : targets(x));
    }

    private static void planned(Exchange x, List<Target> targets) {
        Target best = targets.getFirst();
        x.tally().target(best);
        Set<String> allowed = x.principal().key().scope().providers();
        if (!allowed.isEmpty() && !allowed.contains(best.providerName())) {
            throw Refusals.providerNotAllowed(best.providerName());
        }
        x.planned(targets);
    }

    private List<Target> targets(Exchange x) {
        if (!x.tenant().tracksObjects()) {
            return byModel(x, x.ask().model());
        }
        ObjectUse use = ObjectUse.of(x);
        if (use.role() == ObjectUse.Role.ONE) {
            return List.of(byMaker(x, use));
        }
        List<Reference> named = x.ask().references().all();
        if (named.isEmpty()) {
            return byModel(x, x.ask().model());
        }
        if (x.ask().model() == null && x.endpoint().model() == Endpoint.Model.NONE) {
            // what is made of an object is made where that is
            Optional<Provider> maker = maker(x, named.getFirst());
            if (maker.isPresent()) {
                return List.of(new Target(maker.get(), null, belowV1(x), false));
            }
        }
        List<Target> targets = byModel(x, x.ask().model());
        return targets.size() == 1 ? targets : narrowed(targets, maker(x, named.getFirst()));
    }

    /**
     * What names an object goes where that is, and nowhere else; where nobody knows, to the best target of the tenant's own, since what
     * is stored at shared ones is known.
     */
    private static List<Target> narrowed(List<Target> targets, Optional<Provider> maker) {
        return List.of(targets.stream()
                .filter(t -> maker.isPresent()
                        ? t.provider().equals(maker.get())
                        : !t.provider().account().shared())
                .findFirst()
                .orElse(targets.getFirst()));
    }

    private Optional<Provider> maker(Exchange x, Reference named) {
        return ownership.maker(x.tenant(), named.kind(), named.id());
    }

    /** To the provider that made the object, else to the default one; there on a shared one nothing is that we do not know. */
    private Target byMaker(Exchange x, ObjectUse use) {
        mustNotGenerateUnnamed(x);
        String id = use.id();
        Optional<Provider> maker = id == null ? Optional.empty() : ownership.maker(x.tenant(), use.objects(), id);
        if (maker.isPresent()) {
            return new Target(maker.get(), null, belowV1(x), false);
        }
        Target target = byDefault(x, belowV1(x));
        if (target.provider().account().shared()) {
            throw Refusals.objectNotFound(use.objects(), id == null ? "" : id, null);
        }
        return target;
    }

    private static String belowV1(Exchange x) {
        return x.path().substring("/v1".length());
    }

    private static void mustNotGenerateUnnamed(Exchange x) {
        if (x.endpoint().model() != Endpoint.Model.NONE && Permitted.of(x).restricted()) {
            throw Refusals.modelMustBeNamed();
        }
    }

    private List<Target> byModel(Exchange x, @Nullable String model) {
        String path = belowV1(x);
        if (model == null) {
            found(x, "", "no model is named: the tenant's default provider");
            return List.of(byDefault(x, path));
        }
        Way way = way(x, model);
        if (way != null) {
            return byRoute(x, model, way, path);
        }
        List<TenantView.Match> candidates = x.tenant().candidates(model);
        if (candidates.size() < 2) {
            TenantView.Match match = match(x, model, candidates);
            found(x, "", "no route: the provider that the name begins with, that declares it, or the default one");
            return List.of(new Target(match.provider(), match.upstreamModel(), path, false));
        }
        found(x, "", "declared by several providers: the most specific declaration, then priority, then name");
        List<Target> targets = new ArrayList<>(candidates.size());
        for (TenantView.Match match : candidates) {
            if (usable(x, model, match)) {
                targets.add(new Target(match.provider(), match.upstreamModel(), path, false));
            }
        }
        if (targets.isEmpty()) {
            TenantView.Match match = match(x, model, candidates);
            throw Refusals.providerNotAllowed(match.provider().account().name());
        }
        return planner.availableFirst(x, targets);
    }

    /** The route that matches the request, else the one of the model's name; null: none does. */
    private static @Nullable Way way(Exchange x, String model) {
        RouteBook routes = x.tenant().routes();
        Way matching = routes.matchesAny() ? routes.matching(new RouteFacts(x)) : null;
        return matching == null ? routes.named(model) : matching;
    }

    private List<Target> byRoute(Exchange x, String model, Way way, String path) {
        traced(x, way);
        List<RoutePlanner.Weighted> usable = new ArrayList<>(way.legs().size());
        for (RouteBook.Leg leg : way.legs()) {
            String upstream = leg.model() == null ? model : leg.model();
            if (usable(x, model, new TenantView.Match(leg.provider(), upstream))) {
                usable.add(new RoutePlanner.Weighted(new Target(leg.provider(), upstream, path, false), leg.weight()));
            }
        }
        if (usable.isEmpty()) {
            throw nothingUsable(x, model, way);
        }
        io.llmproxy.domain.route.Route route = way.route();
        Set<Requirement> requires = route.choice().requires();
        boolean widens = requires.contains(Requirement.CONTEXT);
        Duration deadline = route.timeout() == null ? timeout : route.timeout();
        x.persistence(new Persistence(route.retries(), route.retryTimeouts(), deadline, widens));
        if (widens) {
            x.wantPlain(); // what a provider says of a request that is too long has to be read
        }
        List<RoutePlanner.Weighted> able = requires.isEmpty() ? usable : Capable.of(x, requires, usable);
        if (able.isEmpty()) {
            throw Refusals.invalid(
                    "No target of the route " + Checks.quoted(route.name()) + " is known to take "
                            + (x.ask().images() ? "images" : "tools")
                            + "; leave them out, or ask for another model.",
                    x.ask().images() ? "messages" : "tools");
        }
        return planner.order(x, route, able, ThreadLocalRandom.current());
    }

    private static ProxyException nothingUsable(Exchange x, String model, Way way) {
        String route = way.route().name();
        if (way.legs().isEmpty()) {
            return Refusals.unavailable("The route " + Checks.quoted(route)
                    + " leads to no provider that is there and enabled; its operator can see its targets in"
                    + " `route show`.");
        }
        boolean permitted = way.legs().stream()
                .anyMatch(l -> Permitted.of(x).permits(model, l.model() == null ? model : l.model()));
        return permitted
                ? Refusals.providerNotAllowed(
                        way.legs().getFirst().provider().account().name())
                : Refusals.modelNotAllowed(model);
    }

    private boolean usable(Exchange x, String model, TenantView.Match match) {
        String objection = objection(x, model, match);
        RouteTrace trace = objection == null ? null : x.trace();
        if (trace != null) {
            trace.leftOut(match.provider().account().name(), match.upstreamModel(), String.valueOf(objection));
        }
        return objection == null;
    }

    /** Why the request may not go there; null: it may. */
    private @Nullable String objection(Exchange x, String model, TenantView.Match match) {
        Set<String> allowed = x.principal().key().scope().providers();
        if (!allowed.isEmpty() && !allowed.contains(match.provider().account().name())) {
            return "the key may not use this provider";
        }
        if (!Permitted.of(x).permits(model, match.upstreamModel())) {
            return "the key or its tenant may not use this model";
        }
        return mayUse(x, match.provider(), match.upstreamModel())
                ? null
                : "the model was fine-tuned by another tenant of this shared provider";
    }

    private static void found(Exchange x, String name, String why) {
        RouteTrace trace = x.trace();
        if (trace != null) {
            trace.found(name, why);
        }
    }

    private static void traced(Exchange x, Way way) {
        RouteTrace trace = x.trace();
        if (trace != null) {
            var route = way.route();
            var sticky = route.choice().sticky();
            trace.found(
                    route.name(),
                    (route.named()
                                    ? "is asked for by its name"
                                    : "its conditions hold: " + route.match().conditions())
                            + "; strategy " + route.choice().strategy().word()
                            + (sticky == null ? "" : ", sticky by " + sticky.word()));
            way.lost().forEach(lost -> trace.leftOut(lost.target(), null, lost.why()));
        }
    }

    private static Target byDefault(Exchange x, String path) {
        mustNotGenerateUnnamed(x);
        Provider provider = x.tenant()
                .defaultProvider()
                .orElseThrow(() -> Refusals.notFound(
                        "The request names no model, and there is no default provider to send it to."));
        return new Target(provider, null, path, false);
    }

    /** The best of the candidates, which may be none. */
    private TenantView.Match match(Exchange x, String model, List<TenantView.Match> candidates) {
        String upstreamModel =
                candidates.isEmpty() ? model : candidates.getFirst().upstreamModel();
        if (!Permitted.of(x).permits(model, upstreamModel)) {
            throw Refusals.modelNotAllowed(model);
        }
        if (candidates.isEmpty()) {
            throw Refusals.modelNotFound(model);
        }
        TenantView.Match found = candidates.getFirst();
        if (!mayUse(x, found.provider(), upstreamModel)) {
            throw Refusals.modelNotFound(model);
        }
        return found;
    }

    /** A fine-tuned model of a shared provider is its maker's, unless the operator declared it for all. */
    private boolean mayUse(Exchange x, Provider provider, String model) {
        if (!FineTuned.concerns(provider, model)) {
            return true;
        }
        return !ownership
                .owned(x.tenant().tenant().id(), provider.account().id(), ObjectKind.MODEL, Set.of(model))
                .isEmpty();
    }

    private void oneModel(Exchange x, Next next) {
        boolean inBody = x.api() == Api.OLLAMA;
        String written = inBody ? named(x) : x.path().substring(MODEL_PATH.length());
        String model = inBody ? written : ClientPath.decoded(written);
        Way way = x.tenant().routes().named(model);
        String method = x.request().method();
        boolean read = method.equals("GET") || method.equals("HEAD") || inBody;
        if (way != null && read) {
            if (!Permitted.of(x).permits(model)) {
                throw Refusals.modelNotAllowed(model);
            }
            limit.own(x);
            listing.answer(x, way);
            return;
        }
        Target target = oneModel(x, written, model);
        if (foreign(x.api(), target.provider())) {
            limit.own(x);
            listing.answer(x, target.provider(), model);
        } else {
            planned(x, List.of(target));
            next.handle(x);
        }
    }

    /** Whether a provider tells of its models in a form that is not the client's. */
    private static boolean foreign(Api api, Provider provider) {
        ProviderKind kind = provider.account().kind();
        return switch (api) {
            case GEMINI -> kind != ProviderKind.GEMINI;
            case OLLAMA -> kind != ProviderKind.OLLAMA;
            case V1, AZURE -> false;
        };
    }

    private static String named(Exchange x) {
        String model = x.ask().model();
        if (model == null) {
            throw Refusals.invalid("The request names no model.", "model");
        }
        return model;
    }

    private Target oneModel(Exchange x, String written, String model) {
        TenantView.Match match = match(x, model, x.tenant().candidates(model));
        boolean same = match.upstreamModel().equals(model);
        if (x.api() == Api.OLLAMA) {
            return new Target(match.provider(), match.upstreamModel(), belowV1(x), false);
        }
        return new Target(
                match.provider(),
                match.upstreamModel(),
                "/models/" + (same ? written : ClientPath.encoded(match.upstreamModel())),
                false);
    }

    private Target passthrough(Exchange x) {
        if (!x.principal().key().scope().passthrough()) {
            throw Refusals.passthroughNotAllowed();
        }
        String path = x.request().path();
        int slash = path.indexOf('/', 3);
        String name = path.substring(3, slash < 0 ? path.length() : slash);
        Provider provider = x.tenant().providers().get(name);
        if (provider == null) {
            throw Refusals.notFound("There is no provider " + Checks.quoted(name) + ".");
        }
        String model = x.ask().model();
        if (model != null && !Permitted.of(x).permits(model)) {
            throw Refusals.modelNotAllowed(model);
        }
        if (model != null && !mayUse(x, provider, model)) {
            throw Refusals.modelNotFound(model);
        }
        if (model == null
                && x.request().method().equals("POST")
                && Permitted.of(x).restricted()) {
            throw Refusals.modelMustBeNamed();
        }
        return new Target(provider, model, slash < 0 ? "/" : path.substring(slash), true);
    }
}
