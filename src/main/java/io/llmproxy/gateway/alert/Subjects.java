package io.llmproxy.gateway.alert;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.TenantView;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Names those whose budget it is, as operators know them. */
final class Subjects {
    private final RuntimeSnapshot snapshot;

    Subjects(RuntimeSnapshot snapshot) {
        this.snapshot = snapshot;
    }

    /** @param tenantId null: of several, or not known */
    private record Named(@Nullable UUID tenantId, @Nullable String name) {}

    BudgetAlert alert(
            UUID id, Charge charge, @Nullable Instant periodStart, int threshold, boolean refused, Instant now) {
        Limit limit = charge.limit();
        Named named = named(charge.key(), limit);
        TenantView tenant = named.tenantId == null ? null : snapshot.tenants().get(named.tenantId);
        return new BudgetAlert(
                id,
                tenant == null ? null : tenant.tenant().slug(),
                limit.id(),
                limit.scope(),
                named.name,
                limit.metric(),
                limit.period(),
                limit.mode(),
                limit.amount(),
                periodStart,
                charge.amount(),
                threshold,
                refused,
                now);
    }

    private Named named(CounterKey key, Limit limit) {
        if (key.subject() instanceof UUID id) {
            return named(id, limit);
        }
        String text = key.subject().toString();
        return new Named(limit.tenantId(), text.equals(CounterKey.ONE) ? limit.subject() : text);
    }

    private Named named(UUID id, Limit limit) {
        if (snapshot.tenants().containsKey(id)) {
            return new Named(id, null);
        }
        ApiKey key = snapshot.keysById().get(id);
        if (key != null) {
            return new Named(key.tenantId(), key.name());
        }
        return snapshot.users()
                .filter(u -> u.id().equals(id))
                .findFirst()
                .map(Subjects::of)
                .orElseGet(() -> provider(id, limit));
    }

    private static Named of(User user) {
        return new Named(user.tenantId(), user.email());
    }

    private Named provider(UUID id, Limit limit) {
        String name = snapshot.tenants().values().stream()
                .flatMap(t -> t.providers().values().stream())
                .filter(p -> p.account().id().equals(id))
                .map(p -> p.account().name())
                .findFirst()
                .orElse(id.toString());
        return new Named(limit.tenantId(), name);
    }
}
