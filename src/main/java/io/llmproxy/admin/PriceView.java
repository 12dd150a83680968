package io.llmproxy.admin;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.Price;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A row of a price list together with whose list it is.
 *
 * @param owner null where it is not a tenant's
 * @param createdAt when an operator set it; null for the catalogue
 */
public record PriceView(
        Origin origin,
        @Nullable Tenant owner,
        Price price,
        @Nullable Instant createdAt) {
    /** In whose list it stands; the first one that knows a model counts. */
    public enum Origin {
        TENANT,
        INSTALLATION,
        CATALOGUE;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
