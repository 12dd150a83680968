package io.llmproxy.gateway.stage;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.object.FineTuned;
import io.llmproxy.gateway.object.Ownership;
import io.llmproxy.gateway.scan.ModelList.Model;
import io.llmproxy.port.Provider;
import io.llmproxy.runtime.RouteBook.Way;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.TenantView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers {@code /v1/models} with what the key may use: what providers declare by name, and what those that declare nothing or
 * patterns list themselves, under names that lead there when they are asked for. A provider's own list is kept with that provider, so no tenant sees what another's account lists.
 */
public final class ModelListing {
    /** Clients ask for it to know what they may send. */
    private static final String OLLAMAS_VERSION = "0.13.0";

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Ownership ownership;
    private final InstantSource clock;
    private final Map<UUID, OwnModels> own = new ConcurrentHashMap<>();

    public ModelListing(Ownership ownership, InstantSource clock) {
        this.ownership = ownership;
        this.clock = clock;
    }

    /** Forgets the lists of providers that are no more. */
    public void retain(RuntimeSnapshot state) {
        Set<Provider> alive = new HashSet<>();
        state.tenants().values().forEach(t -> alive.addAll(t.providers().values()));
        own.values().removeIf(o -> !alive.contains(o.provider()));
    }

    void answer(Exchange x) {
        String method = x.request().method();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            throw new ProxyException(new ProxyError.MethodNotAllowed("GET, HEAD"));
        }
        send(x, ModelForm.of(x).list(List.copyOf(models(x))));
    }

    /** What is told of one route that is a model. */
    void answer(Exchange x, Way way) {
        send(x, ModelForm.of(x).one(model(way)));
    }

    /** What is told of a model of a provider whose own answer the client would not understand. */
    void answer(Exchange x, Provider provider, String model) {
        long created = provider.account().createdAt().getEpochSecond();
        send(x, ModelForm.of(x).one(new Model(model, created, provider.account().name())));
    }

    /** The version of Ollama's API that its clients are served by. */
    void answerVersion(Exchange x) {
        send(x, "{\"version\":\"" + OLLAMAS_VERSION + "\"}");
    }

    private static void send(Exchange x, String text) {
        String method = x.request().method();
        byte[] json = text.getBytes(StandardCharsets.UTF_8);
        HeaderFields headers = AnswerHeaders.own(x, HeaderFields.of("content-type", "application/json"));
        try {
            x.sink().head(200, headers, json.length);
            x.tally().status(200);
            if (!method.equals("HEAD")) {
                x.tally().firstByte(x.elapsed(System.nanoTime()));
                x.sink().write(json, 0, json.length);
            }
        } catch (IOException e) {
            throw new ClientGoneException();
        }
    }

    private Collection<Model> models(Exchange x) {
        Set<String> scope = x.principal().key().scope().providers();
        List<Provider> providers = x.tenant().providers().values().stream()
                .filter(p -> scope.isEmpty() || scope.contains(p.account().name()))
                .toList();
        // all are asked before the first is waited for
        providers.stream().filter(ModelListing::asked).forEach(p -> own(p).refresh());
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        List<Offer> offers = new ArrayList<>();
        for (Provider provider : providers) {
            declared(provider).forEach(m -> offers.add(new Offer(provider, m)));
            if (asked(provider)) {
                List<Model> listed = own(provider).await(deadline);
                Set<String> others = ofOthers(x, provider, listed);
                listed.stream()
                        .filter(m -> covers(provider, m.id()) && !others.contains(m.id()))
                        .forEach(m -> offers.add(new Offer(provider, m)));
            }
        }
        return named(offers, x.tenant(), Permitted.of(x), routes(x, scope));
    }

    /** The routes that are models and lead to something that the key may use. */
    private static List<Model> routes(Exchange x, Set<String> scope) {
        Permitted permitted = Permitted.of(x);
        List<Model> models = new ArrayList<>();
        for (Way way : x.tenant().routes().named()) {
            String name = way.route().name();
            boolean usable = way.legs().stream()
                    .anyMatch(l -> (scope.isEmpty()
                                    || scope.contains(l.provider().account().name()))
                            && permitted.permits(name, l.model() == null ? name : l.model()));
            if (usable) {
                models.add(model(way));
            }
        }
        models.sort(Comparator.comparing(Model::id));
        return models;
    }

    private static Model model(Way way) {
        return new Model(way.route().name(), way.route().createdAt().getEpochSecond(), "llmproxy");
    }

    /** The fine-tuned models that are not the tenant's. */
    private Set<String> ofOthers(Exchange x, Provider provider, List<Model> listed) {
        Set<String> tuned = new HashSet<>();
        listed.stream()
                .map(Model::id)
                .filter(id -> FineTuned.concerns(provider, id))
                .forEach(tuned::add);
        if (!tuned.isEmpty()) {
            tuned.removeAll(
                    ownership.owned(x.tenant().tenant().id(), provider.account().id(), ObjectKind.MODEL, tuned));
        }
        return tuned;
    }

    /** A model, and who has it. */
    private record Offer(Provider provider, Model model) {
        Offer prefixed() {
            String name = provider.account().name() + "/" + model.id();
            return new Offer(provider, new Model(name, model.created(), model.ownedBy()));
        }

        /** Whether a request for that name may be made and would go to this provider. */
        boolean reached(TenantView tenant, Permitted permitted) {
            return tenant.resolve(model.id())
                    .filter(m -> m.provider().equals(provider))
                    .filter(m -> permitted.permits(model.id(), m.upstreamModel()))
                    .isPresent();
        }
    }

    /** Under its own name where that leads to the provider; else, unless another serves that name, with the provider's before it. */
    private static Collection<Model> named(
            List<Offer> offers, TenantView tenant, Permitted permitted, List<Model> routes) {
        Map<String, Model> out = new LinkedHashMap<>();
        routes.forEach(m -> out.put(m.id(), m));
        offers.stream().filter(o -> o.reached(tenant, permitted)).forEach(o -> out.putIfAbsent(o.model.id(), o.model));
        offers.stream()
                .filter(o -> !out.containsKey(o.model.id()))
                .map(Offer::prefixed)
                .filter(o -> o.reached(tenant, permitted))
                .forEach(o -> out.putIfAbsent(o.model.id(), o.model));
        return out.values();
    }

    private static boolean asked(Provider provider) {
        List<Glob> globs = provider.account().models();
        return provider.fault() == null && (globs.isEmpty() || globs.stream().anyMatch(g -> !g.exact()));
    }

    private static boolean covers(Provider provider, String model) {
        List<Glob> globs = provider.account().models();
        return globs.isEmpty() || globs.stream().anyMatch(g -> g.matches(model));
    }

    private static List<Model> declared(Provider provider) {
        long created = provider.account().createdAt().getEpochSecond();
        return provider.account().models().stream()
                .filter(Glob::exact)
                .map(g -> new Model(g.pattern(), created, provider.account().name()))
                .toList();
    }

    private OwnModels own(Provider provider) {
        return own.compute(
                provider.account().id(),
                (id, known) ->
                        known != null && known.provider().equals(provider) ? known : new OwnModels(provider, clock));
    }
}
