package io.llmproxy.port;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.usage.PriceOverlay;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The managed state, read as a whole. Blocks; throws {@link StoreException} where the database is away. */
public interface StateSource {
    /** A number that every committed change of managed state raises; cheap to ask every second. */
    long revision();

    /** Raises the revision; inside the transaction of the change. */
    void changed();

    /** Everything, or one tenant and the shared providers; one consistent moment. */
    ManagedState load(@Nullable String tenantSlug);

    /** What {@link #load} read. */
    record ManagedState(
            long revision,
            List<Tenant> tenants,
            List<User> users,
            List<ApiKey> keys,
            List<ProviderAccount> providers,
            List<PriceOverlay> prices,
            List<Limit> limits,
            List<Route> routes) {
        /** A state without routes. */
        public ManagedState(
                long revision,
                List<Tenant> tenants,
                List<User> users,
                List<ApiKey> keys,
                List<ProviderAccount> providers,
                List<PriceOverlay> prices,
                List<Limit> limits) {
            this(revision, tenants, users, keys, providers, prices, limits, List.of());
        }

        /** A state without prices and limits. */
        public ManagedState(
                long revision,
                List<Tenant> tenants,
                List<User> users,
                List<ApiKey> keys,
                List<ProviderAccount> providers) {
            this(revision, tenants, users, keys, providers, List.of(), List.of());
        }

        public ManagedState {
            tenants = List.copyOf(tenants);
            users = List.copyOf(users);
            keys = List.copyOf(keys);
            providers = List.copyOf(providers);
            prices = List.copyOf(prices);
            limits = List.copyOf(limits);
            routes = List.copyOf(routes);
        }
    }
}
