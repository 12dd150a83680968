package io.llmproxy.domain.usage;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The rows of one price list, by whose models they are for. */
final class PriceLayer {
    private final Map<String, ModelPrices> byProvider;
    private final Map<String, ModelPrices> byType;
    private final @Nullable ModelPrices ofAll;

    PriceLayer(Collection<Price> rows) {
        Map<String, List<Price>> providers = new HashMap<>();
        Map<String, List<Price>> types = new HashMap<>();
        List<Price> all = new ArrayList<>();
        for (Price price : rows) {
            PriceScope scope = price.row().scope();
            String provider = scope.provider();
            String type = scope.type();
            if (provider != null) {
                providers.computeIfAbsent(provider, p -> new ArrayList<>()).add(price);
            } else if (type != null) {
                types.computeIfAbsent(type, t -> new ArrayList<>()).add(price);
            } else {
                all.add(price);
            }
        }
        byProvider = compiled(providers);
        byType = compiled(types);
        ofAll = all.isEmpty() ? null : new ModelPrices(all);
    }

    private static Map<String, ModelPrices> compiled(Map<String, List<Price>> rows) {
        Map<String, ModelPrices> out = new HashMap<>();
        rows.forEach((key, prices) -> out.put(key, new ModelPrices(prices)));
        return out;
    }

    /** Appends where to look for the models of a provider. */
    void addLanes(String provider, String type, List<ModelPrices> lane) {
        ModelPrices named = byProvider.get(provider);
        ModelPrices typed = byType.get(type);
        if (named != null) {
            lane.add(named);
        }
        if (typed != null) {
            lane.add(typed);
        }
        if (ofAll != null) {
            lane.add(ofAll);
        }
    }
}
