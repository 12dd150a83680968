package io.llmproxy.admin;

import static io.llmproxy.admin.Guard.guarded;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The reads of administration; each shows what the actor may see and nothing else. Blocks; throws {@link AdminException}.
 */
public final class AdminQueries {
    private final AdminStores stores;
    private final TenantAccess access;
    private final ProviderNames names;
    private final UsageReads usage;
    private final LimitReads limits;
    private final UsageStore ledger;
    private final Supplier<Map<UUID, UsageJournal.Extent>> journals;

    /** @param onlyTenant the one tenant of this process; null: all */
    public AdminQueries(AdminStores stores, UsageStore usage, @Nullable String onlyTenant) {
        this(stores, usage, Map::of, onlyTenant);
    }

    /** @param journals those of this process, against which the ledger is checked */
    public AdminQueries(
            AdminStores stores,
            UsageStore usage,
            Supplier<Map<UUID, UsageJournal.Extent>> journals,
            @Nullable String onlyTenant) {
        this.stores = stores;
        this.ledger = usage;
        this.journals = journals;
        this.access = new TenantAccess(stores.tenants(), onlyTenant);
        this.names = new ProviderNames(stores, access);
        this.limits = new LimitReads(stores, access);
        this.usage = new UsageReads(stores, access, usage);
    }

    public Page<Tenant> tenants(Actor actor, Page.Request page) {
        Permissions.checkTenantReader(actor);
        return guarded("listing the tenants", () -> access.list(actor, page));
    }

    /**
     * @param tenant that tenant alone, whether it is there or not; null: all that the actor reaches
     * @throws AdminException where the actor may not declare that
     */
    public void checkDeclarable(Actor actor, @Nullable String tenant) {
        guarded("reading the tenant", () -> DeclarableState.reached(access, actor, tenant));
    }

    /**
     * What the actor may declare.
     *
     * @param tenant that tenant alone; null: all that the actor reaches
     */
    public DeclarableState declarable(Actor actor, @Nullable String tenant) {
        return guarded("reading the managed state", () -> {
            DeclarableState read = DeclarableState.read(stores, access, actor, tenant);
            if (read.tenant() != null && read.state().tenants().isEmpty()) {
                throw AdminException.notFound("tenant", read.tenant());
            }
            return read;
        });
    }

    public Tenant tenant(Actor actor, String slug) {
        Permissions.checkTenantReader(actor);
        return guarded("reading the tenant", () -> access.read(actor, slug));
    }

    /** @param tenant null: the installation */
    public List<LimitView> limits(Actor actor, @Nullable String tenant) {
        return guarded("listing the limits", () -> limits.list(actor, tenant));
    }

    public LimitView limit(Actor actor, @Nullable String tenant, String id) {
        return guarded("reading the limit", () -> limits.find(actor, tenant, id));
    }

    /** What was used of each limit, by each subject that has used some. */
    public List<LimitView.Usage> limitUsage(Actor actor, @Nullable String tenant) {
        return guarded("reading the use of limits", () -> limits.usage(actor, tenant));
    }

    public Page<User> users(Actor actor, String tenant, Page.Request page) {
        Permissions.checkTenantReader(actor);
        return guarded(
                "listing the users",
                () -> stores.users().list(access.read(actor, tenant).id(), page));
    }

    public User user(Actor actor, String tenant, String emailOrId) {
        Permissions.checkTenantReader(actor);
        return guarded("reading the user", () -> user(access.read(actor, tenant), emailOrId));
    }

    /** @param user those of one user, by e-mail address or id; null: all that the actor may see */
    public Page<KeyView> keys(Actor actor, String tenantSlug, @Nullable String user, Page.Request page) {
        return guarded("listing the keys", () -> {
            Tenant tenant = access.read(actor, tenantSlug);
            UUID userId = user == null ? null : user(tenant, user).id();
            if (actor.role() == Role.USER) {
                UUID own = ownId(actor);
                if (userId != null && !userId.equals(own)) {
                    throw AdminException.notFound("user", String.valueOf(user));
                }
                userId = own;
            }
            Page<ApiKey> keys = stores.keys().list(tenant.id(), userId, page);
            Map<UUID, Optional<User>> owners = new HashMap<>();
            return keys.map(k -> view(tenant, k, owners));
        });
    }

    public KeyView key(Actor actor, String tenantSlug, String nameOrId) {
        return guarded("reading the key", () -> {
            Tenant tenant = access.read(actor, tenantSlug);
            return stores.keys()
                    .find(tenant.id(), nameOrId)
                    .filter(k -> KeyAdmin.ownOrAny(actor, k))
                    .map(k -> view(tenant, k, new HashMap<>()))
                    .orElseThrow(() -> AdminException.notFound("key", nameOrId));
        });
    }

    /** @param tenantSlug whose own providers and the shared ones it may use; null: the shared ones */
    public Page<ProviderView> providers(Actor actor, @Nullable String tenantSlug, Page.Request page) {
        Permissions.checkTenantReader(actor);
        return guarded("listing the providers", () -> {
            if (tenantSlug == null) {
                access.checkShared(actor);
                return stores.providers().list(null, true, page).map(p -> view(actor, null, p));
            }
            Tenant tenant = access.read(actor, tenantSlug);
            Page<ProviderAccount> all = stores.providers().list(tenant.id(), true, page);
            List<ProviderView> visible = all.items().stream()
                    .filter(p -> reachable(tenant, p))
                    .map(p -> view(actor, tenant, p))
                    .toList();
            return new Page<>(visible, all.next());
        });
    }

    public ProviderView provider(Actor actor, @Nullable String tenantSlug, String nameOrId) {
        Permissions.checkTenantReader(actor);
        return guarded("reading the provider", () -> {
            if (tenantSlug == null) {
                access.checkShared(actor);
            }
            Tenant tenant = tenantSlug == null ? null : access.read(actor, tenantSlug);
            Optional<ProviderAccount> found = tenant == null
                    ? stores.providers().find(null, nameOrId)
                    : names.visible(tenant, nameOrId).filter(p -> reachable(tenant, p));
            return found.map(p -> view(actor, tenant, p))
                    .orElseThrow(() -> AdminException.notFound("provider", nameOrId));
        });
    }

    /** @param tenantSlug whose own routes and those of all tenants; null: the latter */
    public Page<RouteView> routes(Actor actor, @Nullable String tenantSlug, Page.Request page) {
        Permissions.checkTenantReader(actor);
        return guarded("listing the routes", () -> {
            Tenant tenant = routesOf(actor, tenantSlug);
            return stores.routes()
                    .list(tenant == null ? null : tenant.id(), true, page)
                    .map(r -> new RouteView(r.shared() ? null : tenant, r));
        });
    }

    public RouteView route(Actor actor, @Nullable String tenantSlug, String nameOrId) {
        Permissions.checkTenantReader(actor);
        return guarded("reading the route", () -> {
            Tenant tenant = routesOf(actor, tenantSlug);
            Optional<Route> own =
                    tenant == null ? Optional.empty() : stores.routes().find(tenant.id(), nameOrId);
            return own.or(() -> stores.routes().find(null, nameOrId))
                    .map(r -> new RouteView(r.shared() ? null : tenant, r))
                    .orElseThrow(() -> AdminException.notFound("route", nameOrId));
        });
    }

    private @Nullable Tenant routesOf(Actor actor, @Nullable String tenantSlug) {
        if (tenantSlug == null) {
            access.checkInstallation(actor, "routes of all tenants");
            return null;
        }
        return access.read(actor, tenantSlug);
    }

    public List<UsageQuery.Row> usageReport(Actor actor, UsageFilter filter, List<UsageQuery.Dimension> by) {
        return guarded("reading the ledger", () -> usage.report(actor, filter, by));
    }

    /** Where days begin in reports of the tenant; null: of whatever the actor may see. */
    public ZoneId usageZone(Actor actor, @Nullable String tenant) {
        return guarded("reading a tenant", () -> usage.zone(actor, tenant));
    }

    public Page<UsageRecord> usageRecords(Actor actor, UsageFilter filter, Page.Request page) {
        return guarded("reading the ledger", () -> usage.records(actor, filter, page));
    }

    /** @param tenant null: whichever the actor may see */
    public UsageRecord usageRecord(Actor actor, @Nullable String tenant, UUID requestId) {
        return guarded("reading the ledger", () -> usage.record(actor, tenant, requestId));
    }

    /** Like {@link #usageRecords}, but {@code next} is always the position from which to go on later. */
    public Page<UsageRecord> usageTail(Actor actor, UsageFilter filter, Page.Request page) {
        return guarded("reading the ledger", () -> usage.tail(actor, filter, page));
    }

    /** Whether the actor has to name a tenant where one is meant: it sees more than one. */
    public boolean tenantRequired(Actor actor) {
        return actor.admin() && access.onlyTenant() == null;
    }

    /** The position after the newest record. */
    public String usageEnd() {
        return guarded("reading the ledger", usage::end);
    }

    /** Checks the whole ledger of the database, whatever tenants it is of: numbers and sums alone leave it. */
    public LedgerReport ledgerCheck(Actor actor) {
        if (!actor.admin()) {
            throw AdminException.forbidden("the ledger is checked by admins of the installation");
        }
        // asked for before the check begins: journals that move on meanwhile cannot look as if they were ahead
        Map<UUID, UsageJournal.Extent> extents = journals.get();
        return guarded("checking the ledger", () -> ledger.check(extents));
    }

    static UUID ownId(Actor actor) {
        UUID own = actor.userId();
        if (own == null) {
            throw AdminException.forbidden("the caller is no user of a tenant");
        }
        return own;
    }

    private User user(Tenant tenant, String emailOrId) {
        return stores.users()
                .find(tenant.id(), emailOrId)
                .orElseThrow(() -> AdminException.notFound("user", emailOrId));
    }

    private KeyView view(Tenant tenant, ApiKey key, Map<UUID, Optional<User>> owners) {
        UUID userId = key.userId();
        if (userId == null) {
            return new KeyView(tenant, null, key);
        }
        Optional<User> owner =
                owners.computeIfAbsent(userId, id -> stores.users().find(tenant.id(), id.toString()));
        return new KeyView(tenant, owner.orElse(null), key);
    }

    private static ProviderView view(Actor actor, @Nullable Tenant tenant, ProviderAccount account) {
        return new ProviderView(account.shared() ? null : tenant, account, actor.admin());
    }

    /** All of its own; of the shared ones those that it may use and that no own one of the same name hides. */
    private boolean reachable(Tenant tenant, ProviderAccount account) {
        Set<String> allowed = tenant.settings().allowedProviders();
        return !account.shared()
                || (allowed.isEmpty() || allowed.contains(account.name()))
                        && stores.providers().find(tenant.id(), account.name()).isEmpty();
    }
}
