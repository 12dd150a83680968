package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.Stage;
import io.llmproxy.gateway.Target;
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
    private final Limit limit;

    /** @param limit of requests that are answered here; all others come to it by themselves */
    public Route(ModelListing listing, Limit limit) {
        this.listing = listing;
        this.limit = limit;
    }

    @Override
    public void handle(Exchange x, Next next) {
        switch (x.endpoint().kind()) {
            case MODELS -> {
                limit.own(x);
                listing.answer(x);
            }
            case RELAY -> relay(x, byModel(x, x.ask().model()), next);
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
        if (target.provider().account().shared() && stored(x)) {
            throw Refusals.cannotBeOwned(target.providerName());
        }
        x.planned(List.of(target));
        next.handle(x);
    }

    /**
     * Whether the request is about what a provider keeps under its own account, where every tenant that shares it would see it.
     * What generates something and what lists or names models is not.
     */
    private static boolean stored(Exchange x) {
        Endpoint endpoint = x.endpoint();
        boolean names = endpoint.kind() == Endpoint.Kind.ONE_MODEL;
        boolean reads =
                x.request().method().equals("GET") || x.request().method().equals("HEAD");
        return names ? !reads : endpoint.kind() == Endpoint.Kind.RELAY && endpoint.model() == Endpoint.Model.NONE;
    }

    private static Target byModel(Exchange x, @Nullable String model) {
        String path = x.request().path().substring("/v1".length());
        if (model == null) {
            return byDefault(x, path);
        }
        TenantView.Match match = match(x, model);
        return new Target(match.provider(), match.upstreamModel(), path, false);
    }

    private static Target byDefault(Exchange x, String path) {
        if (x.endpoint().model() != Endpoint.Model.NONE && Permitted.of(x).restricted()) {
            throw Refusals.modelMustBeNamed();
        }
        Provider provider = x.tenant()
                .defaultProvider()
                .orElseThrow(() -> Refusals.notFound(
                        "The request names no model, and there is no default provider to send it to."));
        return new Target(provider, null, path, false);
    }

    private static TenantView.Match match(Exchange x, String model) {
        Optional<TenantView.Match> match = x.tenant().resolve(model);
        String upstreamModel = match.map(TenantView.Match::upstreamModel).orElse(model);
        if (!Permitted.of(x).permits(model, upstreamModel)) {
            throw Refusals.modelNotAllowed(model);
        }
        return match.orElseThrow(() -> Refusals.modelNotFound(model));
    }

    private static Target oneModel(Exchange x) {
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

    private static Target passthrough(Exchange x) {
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
