package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.port.ProviderStore;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Providers in memory. */
final class InMemoryProviderStore implements ProviderStore {
    private final InMemoryRows rows;

    InMemoryProviderStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public void insert(ProviderAccount p) {
        rows.insert(
                rows.providerRows,
                p.id(),
                p,
                o -> Objects.equals(o.tenantId(), p.tenantId()) && o.name().equals(p.name()));
    }

    @Override
    public void update(ProviderAccount p) {
        rows.update(rows.providerRows, p.id(), p);
    }

    @Override
    public void delete(UUID id) {
        rows.remove(rows.providerRows, id);
    }

    @Override
    public Optional<ProviderAccount> find(@Nullable UUID tenantId, String nameOrId) {
        rows.checkThere();
        return rows.providerRows.values().stream()
                .filter(p -> Objects.equals(p.tenantId(), tenantId))
                .filter(p -> p.name().equals(nameOrId) || p.id().toString().equals(nameOrId))
                .findFirst();
    }

    @Override
    public Page<ProviderAccount> list(@Nullable UUID tenantId, boolean withShared, Page.Request request) {
        Function<ProviderAccount, String> key = p -> p.name() + (p.shared() ? "~1" : "~0");
        return rows.page(
                InMemoryRows.sorted(
                        rows.providerRows,
                        p -> Objects.equals(p.tenantId(), tenantId) || withShared && p.shared(),
                        key),
                key,
                request);
    }
}
