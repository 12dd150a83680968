package io.llmproxy.admin;

import static io.llmproxy.admin.Guard.guarded;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.usage.Price;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.port.Provider;
import io.llmproxy.runtime.Snapshots;
import io.llmproxy.runtime.TenantView;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The reads of prices; each shows what the actor may see and nothing else. Blocks; throws {@link AdminException}. */
public final class PriceQueries {
    private final AdminStores stores;
    private final Snapshots snapshots;
    private final PriceCatalogue catalogue;
    private final TenantAccess access;
    private final InstantSource clock;

    /**
     * @param snapshots what is in force
     * @param onlyTenant the one tenant of this process; null: all
     */
    public PriceQueries(
            AdminStores stores,
            Snapshots snapshots,
            PriceCatalogue catalogue,
            @Nullable String onlyTenant,
            InstantSource clock) {
        this.stores = stores;
        this.snapshots = snapshots;
        this.catalogue = catalogue;
        this.access = new TenantAccess(stores.tenants(), onlyTenant);
        this.clock = clock;
    }

    /**
     * Rows that operators set, by scope and time.
     *
     * @param tenantSlug whose; null: the installation's
     */
    public Page<PriceView> prices(Actor actor, @Nullable String tenantSlug, Page.Request page) {
        Permissions.checkTenantReader(actor);
        return guarded("listing the prices", () -> {
            Tenant owner = owner(actor, tenantSlug);
            return page(overlays(owner).stream().map(p -> PriceAdmin.view(owner, p)), page);
        });
    }

    public PriceView price(Actor actor, @Nullable String tenantSlug, UUID id) {
        Permissions.checkTenantReader(actor);
        return guarded("reading the price", () -> {
            Tenant owner = owner(actor, tenantSlug);
            return overlays(owner).stream()
                    .filter(p -> p.id().equals(id))
                    .findFirst()
                    .map(p -> PriceAdmin.view(owner, p))
                    .orElseThrow(() -> AdminException.notFound("price", id.toString()));
        });
    }

    /** The rows that the program brought along. */
    public Page<PriceView> catalogue(Actor actor, Page.Request page) {
        Permissions.checkTenantReader(actor);
        return page(catalogue.prices().stream().map(PriceQueries::bundled), page);
    }

    /** What an import would change; nothing is changed. */
    public PriceDiff preview(Actor actor, @Nullable String tenantSlug, List<PriceRow> rows) {
        Permissions.check(actor, new AdminCommand.ImportPrices(tenantSlug, rows));
        return guarded("reading the prices", () -> PriceDiff.of(overlays(owner(actor, tenantSlug)), rows));
    }

    /**
     * The price that the gateway would take for a request of the tenant.
     *
     * @param model as a client asks for it, or, where the provider is named, as the provider is asked
     * @param providerName null: the one that serves the model
     * @param at when the request begins; null: now
     */
    public PriceView effective(
            Actor actor, String tenantSlug, String model, @Nullable String providerName, @Nullable Instant at) {
        Permissions.checkTenantReader(actor);
        return guarded("reading the price", () -> {
            Tenant tenant = access.read(actor, tenantSlug);
            TenantView view = snapshots.current().tenants().get(tenant.id());
            if (view == null) {
                throw AdminException.notFound("tenant", tenantSlug);
            }
            TenantView.Match match = match(view, model, providerName);
            ProviderAccount account = match.provider().account();
            Price price = view.prices().find(account, match.upstreamModel(), at == null ? clock.instant() : at);
            if (price == null) {
                throw new AdminException(
                        AdminException.Reason.NOT_FOUND,
                        "no price is known for " + Checks.quoted(match.upstreamModel()) + " at the provider `"
                                + account.name() + "`; set one with llmproxyctl price set");
            }
            return located(tenant, price);
        });
    }

    private static TenantView.Match match(TenantView view, String model, @Nullable String providerName) {
        if (providerName != null) {
            Provider provider = view.providers().get(providerName);
            if (provider == null) {
                throw AdminException.notFound("provider", providerName);
            }
            return new TenantView.Match(provider, model);
        }
        return view.resolve(model)
                .orElseThrow(() -> new AdminException(
                        AdminException.Reason.NOT_FOUND, "no provider serves the model " + Checks.quoted(model)));
    }

    private PriceView located(Tenant tenant, Price price) {
        return stored(tenant, price)
                .or(() -> stored(null, price))
                .orElseGet(() -> new PriceView(PriceView.Origin.CATALOGUE, null, price, null));
    }

    private Optional<PriceView> stored(@Nullable Tenant owner, Price price) {
        return overlays(owner).stream()
                .filter(p -> p.id().toString().equals(price.id()))
                .findFirst()
                .map(p -> PriceAdmin.view(owner, p));
    }

    private @Nullable Tenant owner(Actor actor, @Nullable String slug) {
        if (slug == null) {
            access.checkInstallation(actor);
            return null;
        }
        return access.read(actor, slug);
    }

    private List<PriceOverlay> overlays(@Nullable Tenant owner) {
        return stores.prices().all(owner == null ? null : owner.id());
    }

    private static PriceView bundled(Price price) {
        return new PriceView(PriceView.Origin.CATALOGUE, null, price, null);
    }

    private static Page<PriceView> page(Stream<PriceView> all, Page.Request request) {
        @Nullable String after = request.after();
        List<PriceView> rest = all.sorted(Comparator.comparing(PriceQueries::position))
                .filter(p -> after == null || position(p).compareTo(after) > 0)
                .limit(request.limit() + 1L)
                .toList();
        boolean more = rest.size() > request.limit();
        List<PriceView> items = more ? rest.subList(0, request.limit()) : rest;
        return new Page<>(items, more ? position(items.getLast()) : null);
    }

    /** Unique in a list, and sorts as people look for it. */
    private static String position(PriceView view) {
        PriceRow row = view.price().row();
        return row.scope() + " " + row.validFrom();
    }
}
