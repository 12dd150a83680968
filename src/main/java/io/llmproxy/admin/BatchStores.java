package io.llmproxy.admin;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.port.LimitStore;
import io.llmproxy.port.PriceStore;
import io.llmproxy.port.ProviderStore;
import io.llmproxy.port.RouteStore;
import io.llmproxy.port.TenantStore;
import io.llmproxy.port.UserStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Stores that read once what a batch of commands looks up again and again: nobody else changes it while the batch runs. Of one
 * transaction and one thread.
 */
final class BatchStores {
    private BatchStores() {}

    static AdminStores over(AdminStores stores) {
        return new AdminStores(
                stores.transactor(),
                new Tenants(stores.tenants()),
                new Users(stores.users()),
                stores.keys(),
                new Providers(stores.providers()),
                new Prices(stores.prices()),
                stores.audit(),
                stores.state(),
                new Limits(stores.limits()),
                new Routes(stores.routes()),
                stores.live());
    }

    private static final class Tenants implements TenantStore {
        private final TenantStore store;
        private final Map<String, Tenant> locked = new HashMap<>();

        private Tenants(TenantStore store) {
            this.store = store;
        }

        @Override
        public void insert(Tenant tenant) {
            store.insert(tenant);
        }

        @Override
        public void update(Tenant tenant) {
            locked.remove(tenant.slug());
            store.update(tenant);
        }

        @Override
        public void delete(UUID id) {
            locked.clear();
            store.delete(id);
        }

        @Override
        public Optional<Tenant> find(String slug) {
            return store.find(slug);
        }

        @Override
        public Optional<Tenant> lock(String slug) {
            if (!locked.containsKey(slug)) {
                store.lock(slug).ifPresent(tenant -> locked.put(slug, tenant));
            }
            return Optional.ofNullable(locked.get(slug));
        }

        @Override
        public Page<Tenant> list(Page.Request page) {
            return store.list(page);
        }
    }

    private record Named(@Nullable UUID owner, String name) {}

    private static final class Users implements UserStore {
        private final UserStore store;
        private final Map<Named, User> found = new HashMap<>();

        private Users(UserStore store) {
            this.store = store;
        }

        @Override
        public void insert(User user) {
            store.insert(user);
        }

        @Override
        public void update(User user) {
            found.clear();
            store.update(user);
        }

        @Override
        public void delete(UUID id) {
            found.clear();
            store.delete(id);
        }

        @Override
        public Optional<User> find(UUID tenantId, String emailOrId) {
            Named named = new Named(tenantId, emailOrId);
            if (!found.containsKey(named)) {
                store.find(tenantId, emailOrId).ifPresent(user -> found.put(named, user));
            }
            return Optional.ofNullable(found.get(named));
        }

        @Override
        public int count(UUID tenantId) {
            return store.count(tenantId);
        }

        @Override
        public Page<User> list(UUID tenantId, Page.Request page) {
            return store.list(tenantId, page);
        }
    }

    private static final class Providers implements ProviderStore {
        private final ProviderStore store;
        private final Map<Named, Optional<ProviderAccount>> found = new HashMap<>();

        private Providers(ProviderStore store) {
            this.store = store;
        }

        @Override
        public void insert(ProviderAccount provider) {
            found.clear();
            store.insert(provider);
        }

        @Override
        public void update(ProviderAccount provider) {
            found.clear();
            store.update(provider);
        }

        @Override
        public void delete(UUID id) {
            found.clear();
            store.delete(id);
        }

        @Override
        public Optional<ProviderAccount> find(@Nullable UUID tenantId, String nameOrId) {
            return found.computeIfAbsent(new Named(tenantId, nameOrId), n -> store.find(tenantId, nameOrId));
        }

        @Override
        public Page<ProviderAccount> list(@Nullable UUID tenantId, boolean withShared, Page.Request page) {
            return store.list(tenantId, withShared, page);
        }
    }

    private static final class Prices implements PriceStore {
        private final PriceStore store;
        private final Map<Named, List<PriceOverlay>> all = new HashMap<>();

        private Prices(PriceStore store) {
            this.store = store;
        }

        @Override
        public void insert(List<PriceOverlay> prices) {
            // read before it is written, so that nothing is there twice
            prices.forEach(price -> of(price.tenantId()).add(price));
            store.insert(prices);
        }

        @Override
        public void delete(Collection<UUID> ids) {
            store.delete(ids);
            all.values().forEach(list -> list.removeIf(price -> ids.contains(price.id())));
        }

        @Override
        public List<PriceOverlay> all(@Nullable UUID tenantId) {
            return List.copyOf(of(tenantId));
        }

        private List<PriceOverlay> of(@Nullable UUID tenantId) {
            return all.computeIfAbsent(new Named(tenantId, ""), n -> new ArrayList<>(store.all(tenantId)));
        }
    }

    private static final class Limits implements LimitStore {
        private final LimitStore store;
        private final Map<Named, Map<String, Limit>> all = new HashMap<>();

        private Limits(LimitStore store) {
            this.store = store;
        }

        @Override
        public Limit put(Limit limit, Instant now) {
            Limit put = store.put(limit, now);
            of(limit.tenantId()).put(put.id(), put);
            return put;
        }

        @Override
        public Optional<Limit> find(UUID id) {
            return store.find(id);
        }

        @Override
        public void delete(UUID id) {
            store.delete(id);
            all.values().forEach(limits -> limits.remove(id.toString()));
        }

        @Override
        public List<Limit> list(@Nullable UUID tenantId) {
            return List.copyOf(of(tenantId).values());
        }

        private Map<String, Limit> of(@Nullable UUID tenantId) {
            return all.computeIfAbsent(new Named(tenantId, ""), n -> {
                Map<String, Limit> limits = new LinkedHashMap<>();
                store.list(tenantId).forEach(limit -> limits.put(limit.id(), limit));
                return limits;
            });
        }
    }

    private static final class Routes implements RouteStore {
        private final RouteStore store;
        private final Map<Named, Map<UUID, Route>> all = new HashMap<>();

        private Routes(RouteStore store) {
            this.store = store;
        }

        @Override
        public void insert(Route route) {
            store.insert(route);
            of(route.tenantId()).put(route.id(), route);
        }

        @Override
        public void update(Route route) {
            store.update(route);
            of(route.tenantId()).put(route.id(), route);
        }

        @Override
        public void delete(UUID id) {
            store.delete(id);
            all.values().forEach(routes -> routes.remove(id));
        }

        @Override
        public Optional<Route> find(@Nullable UUID tenantId, String nameOrId) {
            return store.find(tenantId, nameOrId);
        }

        @Override
        public Page<Route> list(@Nullable UUID tenantId, boolean withShared, Page.Request page) {
            return store.list(tenantId, withShared, page);
        }

        @Override
        public List<Route> all(@Nullable UUID tenantId) {
            return List.copyOf(of(tenantId).values());
        }

        private Map<UUID, Route> of(@Nullable UUID tenantId) {
            return all.computeIfAbsent(new Named(tenantId, ""), n -> {
                Map<UUID, Route> routes = new LinkedHashMap<>();
                store.all(tenantId).forEach(route -> routes.put(route.id(), route));
                return routes;
            });
        }
    }
}
