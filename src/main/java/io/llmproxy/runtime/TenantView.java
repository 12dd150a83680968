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

/** One tenant as the gateway sees it: the tenant and the providers it may use, own before shared ones of the same name. */
public final class TenantView {
    private final Tenant tenant;
    private final Map<String, Provider> byName;
    private final Map<String, List<Match>> exact;
    private final List<Declaration> globs;
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
        List<Declaration> declarations = declarations(byName.values().stream().toList());
        this.exact = exact(declarations);
        this.globs = declarations.stream().filter(d -> !d.glob.exact()).toList();
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
        List<Match> known = exact.get(model);
        if (known != null) {
            return known;
        }
        List<Match> declared = matches(globs, model);
        return declared.isEmpty() && fallback.isPresent() ? List.of(new Match(fallback.get(), model)) : declared;
    }

    /** The best provider of a model. */
    public Optional<Match> resolve(String model) {
        List<Match> candidates = candidates(model);
        return candidates.isEmpty() ? Optional.empty() : Optional.of(candidates.getFirst());
    }

    private static List<Match> matches(List<Declaration> declarations, String model) {
        List<Match> out = List.of();
        for (Declaration declaration : declarations) {
            if (declaration.glob.matches(model) && !has(out, declaration.provider)) {
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
    private static Map<String, List<Match>> exact(List<Declaration> declarations) {
        Map<String, List<Match>> out = new HashMap<>();
        for (Declaration declaration : declarations) {
            if (declaration.glob.exact()) {
                out.computeIfAbsent(declaration.glob.pattern(), model -> List.copyOf(matches(declarations, model)));
            }
        }
        return out;
    }

    /** The provider of requests that name no model. */
    public Optional<Provider> defaultProvider() {
        return fallback;
    }

    private record Declaration(Glob glob, Provider provider) {}

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
            provider.account().models().forEach(glob -> out.add(new Declaration(glob, provider)));
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
