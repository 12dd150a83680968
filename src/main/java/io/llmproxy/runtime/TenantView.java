package io.llmproxy.runtime;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.usage.PriceTable;
import io.llmproxy.port.Provider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One tenant as the gateway sees it: the tenant and the providers it may use, own before shared ones of the same name. */
public final class TenantView {
    private final Tenant tenant;
    private final Map<String, Provider> byName;
    private final List<Declaration> declarations;
    /** Made when the tenant first asks for a model, since many tenants never do; twice where two ask at one moment. */
    private volatile @Nullable Map<String, List<Match>> named;

    private final Optional<Provider> fallback;
    private final PriceTable prices;
    private final boolean tracksObjects;
    private final RouteBook routes;

    /**
     * @param visible the tenant's own and the shared providers, enabled or not
     * @param prices what their models cost the tenant
     */
    public TenantView(Tenant tenant, List<Provider> visible, PriceTable prices) {
        this(tenant, visible, prices, List.of());
    }

    /**
     * @param visible the tenant's own and the shared providers, enabled or not
     * @param prices what their models cost the tenant
     * @param visibleRoutes the tenant's own routes and those of all tenants
     */
    public TenantView(Tenant tenant, List<Provider> visible, PriceTable prices, List<Route> visibleRoutes) {
        this.prices = prices;
        this.tenant = tenant;
        this.byName = byName(tenant, visible);
        this.routes = visibleRoutes.isEmpty() ? RouteBook.EMPTY : new RouteBook(visibleRoutes, byName);
        this.declarations = declarations(byName.values().stream().toList());
        this.fallback = fallback(tenant, byName);
        this.tracksObjects = byName.size() > 1
                || byName.values().stream().anyMatch(p -> p.account().shared());
    }

    public Tenant tenant() {
        return tenant;
    }

    /** Its routes. */
    public RouteBook routes() {
        return routes;
    }

    /** What the models of its providers cost. */
    public PriceTable prices() {
        return prices;
    }

    /** The enabled providers that the tenant may use, by name. */
    public Map<String, Provider> providers() {
        return byName;
    }

    /**
     * Whether it must be known which provider stores an object for the tenant: where there are several, and where one is shared.
     */
    public boolean tracksObjects() {
        return tracksObjects;
    }

    /** The enabled provider of that id that the tenant may use. */
    public Optional<Provider> provider(UUID id) {
        return byName.values().stream().filter(p -> p.account().id().equals(id)).findFirst();
    }

    /** A provider and how a model was found there. */
    public record Match(Provider provider, String upstreamModel) {}

    /**
     * The providers of a model, best first, as the contract resolves it: {@code provider/model} where the prefix names a provider;
     * those that declare it, the most specific declaration first (ties by priority, then name); the default provider. Empty: none.
     */
    public List<Match> candidates(String model) {
        int slash = model.indexOf('/');
        if (slash > 0 && slash < model.length() - 1) {
            Provider named = byName.get(model.substring(0, slash));
            if (named != null) {
                return List.of(new Match(named, model.substring(slash + 1)));
            }
        }
        List<Match> declared = declared(model);
        return declared.isEmpty() && fallback.isPresent() ? List.of(new Match(fallback.get(), model)) : declared;
    }

    private List<Match> declared(String model) {
        Map<String, List<Match>> found = named;
        if (found == null) {
            found = named(declarations);
            named = found;
        }
        List<Match> known = found.get(model);
        return known != null ? known : withGlobs(List.of(), model, declarations);
    }

    /** The best provider of a model. */
    public Optional<Match> resolve(String model) {
        List<Match> candidates = candidates(model);
        return candidates.isEmpty() ? Optional.empty() : Optional.of(candidates.getFirst());
    }

    /** Adds the providers that declare the model by a pattern, and do not yet stand there. */
    private static List<Match> withGlobs(List<Match> named, String model, List<Declaration> declarations) {
        List<Match> out = named;
        for (Declaration declaration : declarations) {
            if (!declaration.named && declaration.glob.matches(model) && !has(out, declaration.provider)) {
                Match match = new Match(declaration.provider, model);
                if (out.isEmpty()) {
                    out = List.of(match);
                } else {
                    out = new ArrayList<>(out);
                    out.add(match);
                }
            }
        }
        return out;
    }

    private static boolean has(List<Match> matches, Provider provider) {
        for (Match match : matches) {
            if (match.provider.equals(provider)) {
                return true;
            }
        }
        return false;
    }

    /** What is declared by name needs no search when it is asked for. */
    private static Map<String, List<Match>> named(List<Declaration> declarations) {
        Map<String, List<Match>> out = new HashMap<>();
        for (Declaration declaration : declarations) {
            String model = declaration.glob.pattern();
            if (declaration.named && !has(out.getOrDefault(model, List.of()), declaration.provider)) {
                out.computeIfAbsent(model, m -> new ArrayList<>(1)).add(new Match(declaration.provider, model));
            }
        }
        List<Declaration> globs = declarations.stream().filter(d -> !d.named).toList();
        out.replaceAll((model, matches) -> List.copyOf(withGlobs(matches, model, globs)));
        return out;
    }

    /** The provider of requests that name no model. */
    public Optional<Provider> defaultProvider() {
        return fallback;
    }

    private record Declaration(Glob glob, boolean named, Provider provider) {}

    private static Map<String, Provider> byName(Tenant tenant, List<Provider> visible) {
        Map<String, Provider> out = new LinkedHashMap<>();
        visible.stream()
                .sorted(Comparator.comparing((Provider p) -> p.account().shared())
                        .thenComparing(p -> p.account().createdAt())
                        .thenComparing(p -> p.account().name()))
                .filter(p -> tenant.settings().allowedProviders().isEmpty()
                        || tenant.settings()
                                .allowedProviders()
                                .contains(p.account().name()))
                .forEach(p -> out.putIfAbsent(p.account().name(), p));
        // after the names are settled, so that a disabled own provider does not silently become a shared one of its
        // name
        out.values().removeIf(p -> !p.account().enabled());
        return java.util.Collections.unmodifiableMap(out);
    }

    private static List<Declaration> declarations(List<Provider> providers) {
        List<Declaration> out = new ArrayList<>();
        for (Provider provider : providers) {
            provider.account().models().forEach(glob -> out.add(new Declaration(glob, glob.exact(), provider)));
        }
        Comparator<Declaration> specific = Comparator.comparing((Declaration d) -> !d.glob.exact())
                .thenComparing(d -> -d.glob.literals())
                .thenComparing(d -> -d.provider.account().priority())
                .thenComparing(d -> d.provider.account().name());
        out.sort(specific);
        return List.copyOf(out);
    }

    private static Optional<Provider> fallback(Tenant tenant, Map<String, Provider> providers) {
        String named = tenant.settings().defaultProvider();
        if (named != null) {
            return Optional.ofNullable(providers.get(named));
        }
        return providers.values().stream()
                .filter(p -> p.account().models().isEmpty())
                .min(Comparator.comparing((Provider p) -> p.account().createdAt())
                        .thenComparing(p -> p.account().name()));
    }

    /** The account behind a name, for a listing. */
    public Optional<ProviderAccount> account(String name) {
        return Optional.ofNullable(byName.get(name)).map(Provider::account);
    }
}
