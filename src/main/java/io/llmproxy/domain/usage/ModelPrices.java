package io.llmproxy.domain.usage;

import io.llmproxy.domain.Glob;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The prices of models under one scope, made for looking up: exact names first, then globs, the most specific one first. */
final class ModelPrices {
    private final Map<String, List<Price>> exact = new HashMap<>();
    private final List<Pattern> patterns = new ArrayList<>();

    /** @param prices the newest first */
    private record Pattern(Glob glob, List<Price> prices) {}

    ModelPrices(Collection<Price> rows) {
        Map<Glob, List<Price>> byModel = new TreeMap<>();
        rows.forEach(price -> byModel.computeIfAbsent(price.row().scope().model(), glob -> new ArrayList<>())
                .add(price));
        byModel.forEach(this::add);
    }

    private void add(Glob glob, List<Price> prices) {
        prices.sort(
                Comparator.comparing((Price price) -> price.row().validFrom()).reversed());
        List<Price> newestFirst = List.copyOf(prices);
        if (glob.exact()) {
            exact.put(glob.pattern(), newestFirst);
        } else {
            patterns.add(new Pattern(glob, newestFirst));
        }
    }

    /** The price in force at that time; null: there is none. Allocates nothing. */
    @Nullable
    Price find(String model, Instant at) {
        List<Price> named = exact.get(model);
        Price price = named == null ? null : inForce(named, at);
        for (int i = 0; price == null && i < patterns.size(); i++) {
            Pattern pattern = patterns.get(i);
            if (pattern.glob.matches(model)) {
                price = inForce(pattern.prices, at);
            }
        }
        return price;
    }

    private static @Nullable Price inForce(List<Price> newestFirst, Instant at) {
        for (int i = 0; i < newestFirst.size(); i++) {
            Price price = newestFirst.get(i);
            if (!price.row().validFrom().isAfter(at)) {
                return price;
            }
        }
        return null;
    }
}
