package io.llmproxy.domain.usage;

import io.llmproxy.domain.model.ProviderAccount;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the models of a tenant's providers cost, compiled from overlays and catalogue. Immutable; a look-up takes a hash or two
 * and allocates nothing but, for a model that no row names as it is called, its other name.
 */
public final class PriceTable {
    public static final PriceTable EMPTY = new PriceTable(Map.of());

    private final Map<UUID, ModelPrices[]> lanes;

    /** @param lanes by provider: where to look, in this order */
    PriceTable(Map<UUID, ModelPrices[]> lanes) {
        this.lanes = lanes;
    }

    /**
     * The price in force for a model: the tenant's row before the installation's before the catalogue's; in each of these one for
     * the provider before one for its type before one for all; then the exact name, then the most specific glob. A name that none
     * of them knows is looked up again without Bedrock's region, then without its date.
     *
     * @param model as the provider is asked for it; null: it is asked for none
     * @param at when the request began
     */
    public @Nullable Price find(ProviderAccount provider, @Nullable String model, Instant at) {
        ModelPrices[] lane = lanes.get(provider.id());
        if (lane == null || model == null) {
            return null;
        }
        Price price = find(lane, model, at);
        String plain = price == null ? ModelNames.withoutRegion(model) : null;
        if (plain != null) {
            price = find(lane, plain, at);
        }
        String undated = price == null ? ModelNames.undated(plain == null ? model : plain) : null;
        return undated == null ? price : find(lane, undated, at);
    }

    private static @Nullable Price find(ModelPrices[] lane, String model, Instant at) {
        for (ModelPrices prices : lane) {
            Price price = prices.find(model, at);
            if (price != null) {
                return price;
            }
        }
        return null;
    }
}
