package io.llmproxy.admin;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.secret.Secret;
import org.jspecify.annotations.Nullable;

/** What a command left behind. */
public sealed interface CommandResult {
    record OfTenant(Tenant tenant) implements CommandResult {}

    record OfUser(Tenant tenant, User user) implements CommandResult {}

    /** @param secret where the command made one: the only time it is ever seen */
    record OfKey(KeyView key, @Nullable Secret secret) implements CommandResult {}

    record OfProvider(ProviderView provider) implements CommandResult {}

    record OfPrice(PriceView price) implements CommandResult {}

    record PricesImported(PriceDiff diff) implements CommandResult {}

    record OfLimit(LimitView limit) implements CommandResult {}

    record OfRoute(RouteView route) implements CommandResult {}

    /** How many keys were revoked. */
    record Revoked(int count) implements CommandResult {}

    /** It is gone. */
    record Deleted() implements CommandResult {}
}
