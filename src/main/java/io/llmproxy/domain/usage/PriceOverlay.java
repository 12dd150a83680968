package io.llmproxy.domain.usage;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A row that operators set over the catalogue.
 *
 * @param tenantId whose requests it is for; null: every tenant's
 * @param ownOnly whether it leaves shared providers alone, whose bill is not the tenant's to discount
 */
public record PriceOverlay(UUID id, @Nullable UUID tenantId, boolean ownOnly, PriceRow row, Instant createdAt) {

    public Price price() {
        return new Price(id.toString(), row);
    }
}
