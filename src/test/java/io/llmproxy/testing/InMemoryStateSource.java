package io.llmproxy.testing;

import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.route.Route;
import io.llmproxy.port.StateSource;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The managed state as a whole in memory. */
final class InMemoryStateSource implements StateSource {
    private final InMemoryRows rows;

    InMemoryStateSource(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public long revision() {
        rows.checkThere();
        return rows.revision.get();
    }

    @Override
    public void changed() {
        rows.checkThere();
        rows.revision.incrementAndGet();
        rows.onRollback(rows.revision::decrementAndGet);
    }

    @Override
    public ManagedState load(@Nullable String slug) {
        rows.checkThere();
        List<Tenant> tenants = InMemoryRows.sorted(
                rows.tenantRows, t -> slug == null || t.slug().equals(slug), Tenant::slug);
        List<UUID> ids = tenants.stream().map(Tenant::id).toList();
        return new ManagedState(
                rows.revision.get(),
                tenants,
                InMemoryRows.sorted(rows.userRows, u -> ids.contains(u.tenantId()), User::email),
                InMemoryRows.sorted(rows.keyRows, k -> ids.contains(k.tenantId()), ApiKey::name),
                InMemoryRows.sorted(
                        rows.providerRows,
                        p -> p.tenantId() == null || ids.contains(p.tenantId()),
                        ProviderAccount::name),
                InMemoryRows.sorted(
                        rows.priceRows,
                        p -> p.tenantId() == null || ids.contains(p.tenantId()),
                        p -> p.id().toString()),
                InMemoryRows.sorted(rows.limitRows, l -> l.tenantId() == null || ids.contains(l.tenantId()), Limit::id),
                InMemoryRows.sorted(
                        rows.routeRows, r -> r.tenantId() == null || ids.contains(r.tenantId()), Route::name));
    }
}
