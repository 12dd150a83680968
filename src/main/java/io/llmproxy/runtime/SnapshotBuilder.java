package io.llmproxy.runtime;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyHash;
import io.llmproxy.domain.identity.Principal;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.usage.PriceBook;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.domain.usage.PriceTable;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.StateSource.ManagedState;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Builds snapshots of managed state. A provider whose account did not change is carried over with its connections; one that
 * changed or vanished is retired, and its running calls end by themselves. Used by one thread at a time.
 */
final class SnapshotBuilder {
    private static final Logger LOG = System.getLogger(SnapshotBuilder.class.getName());

    private static final UUID NOBODY = new UUID(0, 0);

    private final ProviderFactory factory;
    private final PriceCatalogue catalogue;
    private List<Limit> configured;
    private final Map<UUID, Provider> live = new HashMap<>();

    SnapshotBuilder(ProviderFactory factory, PriceCatalogue catalogue, List<Limit> configured) {
        this.factory = factory;
        this.catalogue = catalogue;
        this.configured = List.copyOf(configured);
    }

    /** Other limits of the configuration, from the next snapshot on. */
    void configured(List<Limit> limits) {
        configured = List.copyOf(limits);
    }

    RuntimeSnapshot build(ManagedState state) {
        Map<UUID, Provider> next = new HashMap<>();
        for (ProviderAccount account : state.providers()) {
            Provider known = live.get(account.id());
            // a provider at fault is opened anew: its secret may have appeared
            boolean keep =
                    known != null && known.fault() == null && known.account().equals(account) && !known.outdated();
            next.put(account.id(), keep && known != null ? known : opened(account, known));
        }
        RuntimeSnapshot snapshot = snapshot(state, next, Limits.of(state, configured));
        Set<Provider> kept = Collections.newSetFromMap(new IdentityHashMap<>());
        kept.addAll(next.values());
        live.values().stream().filter(p -> !kept.contains(p)).forEach(Provider::retire);
        live.clear();
        live.putAll(next);
        return snapshot;
    }

    private Provider opened(ProviderAccount account, @Nullable Provider known) {
        Provider opened = factory.open(account);
        String fault = opened.fault();
        if (fault != null && known != null && !fault.equals(known.fault())) {
            LOG.log(Level.WARNING, "provider `" + account.name() + "` cannot be called: " + fault);
        }
        return opened;
    }

    /** Whether a provider would be another if it were opened anew: its fault is gone or is another, or a file of its own has changed. */
    boolean outdated() {
        return live.values().stream().anyMatch(p -> p.fault() == null ? p.outdated() : opensOtherwise(p));
    }

    private boolean opensOtherwise(Provider faulty) {
        Provider again = factory.open(faulty.account());
        try {
            return !Objects.equals(again.fault(), faulty.fault());
        } finally {
            again.retire();
        }
    }

    private RuntimeSnapshot snapshot(ManagedState state, Map<UUID, Provider> providers, Limits limits) {
        List<Provider> shared =
                providers.values().stream().filter(p -> p.account().shared()).toList();
        Map<UUID, List<Provider>> own = new HashMap<>();
        for (Provider provider : providers.values()) {
            UUID owner = provider.account().tenantId();
            if (owner != null) {
                own.computeIfAbsent(owner, id -> new ArrayList<>(shared)).add(provider);
            }
        }
        PriceBook prices = new PriceBook(catalogue, state.prices(), state.providers());
        Map<UUID, TenantView> views = new HashMap<>();
        Map<UUID, List<Route>> routes = routes(state);
        List<Route> ofAll = routes.getOrDefault(NOBODY, List.of());
        for (Tenant tenant : state.tenants()) {
            List<Provider> visible = own.getOrDefault(tenant.id(), shared);
            List<Route> seen = routes.getOrDefault(tenant.id(), ofAll);
            views.put(tenant.id(), new TenantView(tenant, visible, table(prices, tenant, visible), seen));
        }
        Map<KeyHash, RuntimeSnapshot.KeyEntry> keys = keys(state, views);
        return RuntimeSnapshot.of(state.revision(), views.values(), keys, limits, CertificateTable.of(keys.values()));
    }

    /** Those of each owner and of all tenants; of a tenant without its own there is no entry. */
    private static Map<UUID, List<Route>> routes(ManagedState state) {
        List<Route> ofAll = state.routes().stream().filter(Route::shared).toList();
        Map<UUID, List<Route>> routes = new HashMap<>(Map.of(NOBODY, ofAll));
        for (Route route : state.routes()) {
            UUID owner = route.tenantId();
            if (owner != null) {
                routes.computeIfAbsent(owner, id -> new ArrayList<>(ofAll)).add(route);
            }
        }
        return routes;
    }

    private static PriceTable table(PriceBook prices, Tenant tenant, List<Provider> visible) {
        return prices.table(
                tenant.id(), () -> visible.stream().map(Provider::account).toList());
    }

    private static Map<KeyHash, RuntimeSnapshot.KeyEntry> keys(ManagedState state, Map<UUID, TenantView> views) {
        Map<UUID, User> users = new HashMap<>();
        state.users().forEach(u -> users.put(u.id(), u));
        Map<KeyHash, RuntimeSnapshot.KeyEntry> keys =
                HashMap.newHashMap(state.keys().size());
        for (ApiKey key : state.keys()) {
            TenantView view = views.get(key.tenantId());
            if (view == null) {
                continue;
            }
            User user = key.userId() == null ? null : users.get(key.userId());
            Principal principal = new Principal(view.tenant(), user, key);
            keys.put(key.hash(), new RuntimeSnapshot.KeyEntry(principal, view, null));
            if (key.previousHash() != null && key.previousUntil() != null) {
                keys.putIfAbsent(
                        key.previousHash(), new RuntimeSnapshot.KeyEntry(principal, view, key.previousUntil()));
            }
        }
        return keys;
    }
}
