package io.llmproxy.testing;

import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.port.PriceStore;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Prices set over the catalogue in memory. */
final class InMemoryPriceStore implements PriceStore {
    private final InMemoryRows rows;

    InMemoryPriceStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public void insert(List<PriceOverlay> prices) {
        prices.forEach(p -> rows.insert(
                rows.priceRows,
                p.id(),
                p,
                o -> Objects.equals(o.tenantId(), p.tenantId())
                        && o.row().scope().equals(p.row().scope())
                        && o.row().validFrom().equals(p.row().validFrom())));
    }

    @Override
    public void delete(Collection<UUID> ids) {
        ids.forEach(id -> rows.remove(rows.priceRows, id));
    }

    @Override
    public List<PriceOverlay> all(@Nullable UUID tenantId) {
        rows.checkThere();
        return rows.priceRows.values().stream()
                .filter(p -> Objects.equals(p.tenantId(), tenantId))
                .toList();
    }
}
