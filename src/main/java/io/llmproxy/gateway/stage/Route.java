package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.object.FineTuned;
import io.llmproxy.gateway.object.ObjectUse;
import io.llmproxy.gateway.object.Ownership;
import io.llmproxy.gateway.scan.References.Reference;
import io.llmproxy.port.Provider;
import io.llmproxy.runtime.TenantView;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides where a request goes: model to provider, within what the key and its tenant may use. Plans only; the models' list is answered here. */
public final class Route implements Stage {
    private static final String MODEL_PATH = "/v1/models/";

    private final ModelListing listing;
    private final Ownership ownership;
    private final Limit limit;

    /** @param limit of requests that are answered here; all others come to it by themselves */
    public Route(ModelListing listing, Ownership ownership, Limit limit) {
        this.listing = listing;
        this.ownership = ownership;
        this.limit = limit;
    }

    @Override
    public void handle(Exchange x, Next next) {
        switch (x.endpoint().kind()) {
            case MODELS -> {
                limit.own(x);
                listing.answer(x);
            }
            case RELAY -> relay(x, target(x), next);
            case ONE_MODEL -> relay(x, oneModel(x), next);
            case PASSTHROUGH -> relay(x, passthrough(x), next);
            case UNKNOWN -> throw Refusals.notFound("There is no such endpoint.");
        }
    }

    private static void relay(Exchange x, Target target, Next next) {
        x.tally().target(target);
        Set<String> allowed = x.principal().key().scope().providers();
        if (!allowed.isEmpty() && !allowed.contains(target.providerName())) {
            throw Refusals.providerNotAllowed(target.providerName());
        }
        x.planned(List.of(target));
        next.handle(x);
    }

    private Target target(Exchange x) {
        if (!x.tenant().tracksObjects()) {
            return byModel(x, x.ask().model());
        }
        ObjectUse use = ObjectUse.of(x);
        if (use.role() == ObjectUse.Role.ONE) {
            return byMaker(x, use);
        }
        List<Reference> named = x.ask().references().all();
        if (x.ask().model() == null && !named.isEmpty() && x.endpoint().model() == Endpoint.Model.NONE) {
            // what is made of an object is made where that is
            Optional<Provider> maker = maker(x, named.getFirst());
            if (maker.isPresent()) {
                return new Target(maker.get(), null, belowV1(x), false);
            }
        }
        return byModel(x, x.ask().model());
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
        return x.request().path().substring("/v1".length());
    }

    private static void mustNotGenerateUnnamed(Exchange x) {
        if (x.endpoint().model() != Endpoint.Model.NONE && Permitted.of(x).restricted()) {
            throw Refusals.modelMustBeNamed();
        }
    }

    private Target byModel(Exchange x, @Nullable String model) {
        String path = belowV1(x);
        if (model == null) {
            return byDefault(x, path);
        }
        TenantView.Match match = match(x, model);
        return new Target(match.provider(), match.upstreamModel(), path, false);
    }

    private static Target byDefault(Exchange x, String path) {
        mustNotGenerateUnnamed(x);
        Provider provider = x.tenant()
                .defaultProvider()
                .orElseThrow(() -> Refusals.notFound(
                        "The request names no model, and there is no default provider to send it to."));
        return new Target(provider, null, path, false);
    }

    private TenantView.Match match(Exchange x, String model) {
        Optional<TenantView.Match> match = x.tenant().resolve(model);
        String upstreamModel = match.map(TenantView.Match::upstreamModel).orElse(model);
        if (!Permitted.of(x).permits(model, upstreamModel)) {
            throw Refusals.modelNotAllowed(model);
        }
        TenantView.Match found = match.orElseThrow(() -> Refusals.modelNotFound(model));
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

    private Target oneModel(Exchange x) {
        String written = x.request().path().substring(MODEL_PATH.length());
        String model = decoded(written);
        TenantView.Match match = match(x, model);
        boolean same = match.upstreamModel().equals(model);
        return new Target(
                match.provider(),
                match.upstreamModel(),
                "/models/" + (same ? written : encoded(match.upstreamModel())),
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

    private static String decoded(String written) {
        try {
            String model = URLDecoder.decode(written.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (model.isBlank() || model.length() > 256 || model.chars().anyMatch(Character::isISOControl)) {
                throw Refusals.invalid("The path names no valid model.", "model");
            }
            return model;
        } catch (IllegalArgumentException e) {
            throw new ProxyException(
                    new ProxyError.InvalidRequest("The path has a malformed percent escape.", "model"));
        }
    }

    private static String encoded(String model) {
        StringBuilder out = new StringBuilder();
        for (byte b : model.getBytes(StandardCharsets.UTF_8)) {
            boolean plain = b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z';
            if (plain || b > 0 && "-._~/:@".indexOf(b) >= 0) {
                out.append((char) b);
            } else {
                out.append(String.format("%%%02X", b & 255));
            }
        }
        return out.toString();
    }

    /** The models that a key may ask for: those that both its tenant and its own scope permit. */
    record Permitted(List<Glob> tenant, List<Glob> key) {
        static Permitted of(Exchange x) {
            return new Permitted(
                    x.principal().tenant().settings().allowedModels(),
                    x.principal().key().scope().models());
        }

        boolean restricted() {
            return !tenant.isEmpty() || !key.isEmpty();
        }

        boolean permits(String model) {
            return permits(model, model);
        }

        /** A glob may be of the model as it is asked for, {@code provider/model}, or of the model alone. */
        boolean permits(String asked, String upstream) {
            return permits(tenant, asked, upstream) && permits(key, asked, upstream);
        }

        private static boolean permits(List<Glob> globs, String asked, String upstream) {
            return globs.isEmpty() || globs.stream().anyMatch(g -> g.matches(asked) || g.matches(upstream));
        }
    }
}
