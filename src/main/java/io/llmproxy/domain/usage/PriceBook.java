package io.llmproxy.domain.usage;

import io.llmproxy.domain.model.ProviderAccount;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * All price lists of an installation at one moment, from which the table of each tenant is made. Tenants without rows of their own
 * share one table.
 */
public final class PriceBook {
    private final PriceCatalogue catalogue;
    private final PriceLayer installation;
    private final Map<UUID, List<PriceOverlay>> ofTenants = new HashMap<>();
    private final PriceTable common;

    /** @param providers of all tenants, and the shared ones */
    public PriceBook(
            PriceCatalogue catalogue, Collection<PriceOverlay> overlays, Collection<ProviderAccount> providers) {
        this.catalogue = catalogue;
        List<Price> everybodys = new ArrayList<>();
        for (PriceOverlay overlay : overlays) {
            UUID tenant = overlay.tenantId();
            if (tenant == null) {
                everybodys.add(overlay.price());
            } else {
                ofTenants.computeIfAbsent(tenant, id -> new ArrayList<>()).add(overlay);
            }
        }
        installation = new PriceLayer(everybodys);
        common = table(providers, List.of());
    }

    /** @param visible the providers that the tenant may use */
    public PriceTable table(UUID tenantId, Supplier<List<ProviderAccount>> visible) {
        List<PriceOverlay> own = ofTenants.get(tenantId);
        return own == null ? common : table(visible.get(), own);
    }

    private PriceTable table(Collection<ProviderAccount> providers, List<PriceOverlay> own) {
        PriceLayer forOwn = layer(own);
        PriceLayer forShared = layer(own.stream().filter(o -> !o.ownOnly()).toList());
        Map<UUID, ModelPrices[]> lanes = new HashMap<>();
        for (ProviderAccount provider : providers) {
            String type = Seller.of(provider);
            List<ModelPrices> lane = new ArrayList<>();
            (provider.shared() ? forShared : forOwn).addLanes(provider.name(), type, lane);
            installation.addLanes(provider.name(), type, lane);
            catalogue.layer().addLanes(provider.name(), type, lane);
            lanes.put(provider.id(), lane.toArray(ModelPrices[]::new));
        }
        return new PriceTable(lanes);
    }

    private static PriceLayer layer(List<PriceOverlay> overlays) {
        return new PriceLayer(overlays.stream().map(PriceOverlay::price).toList());
    }
}
