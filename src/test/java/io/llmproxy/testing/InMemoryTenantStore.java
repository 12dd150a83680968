package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.TenantStore;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;

/** Tenants in memory. */
final class InMemoryTenantStore implements TenantStore {
    private final InMemoryRows rows;

    InMemoryTenantStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public void insert(Tenant t) {
        rows.insert(rows.tenantRows, t.id(), t, o -> o.slug().equals(t.slug()));
    }

    @Override
    public void update(Tenant t) {
        rows.update(rows.tenantRows, t.id(), t);
    }

    @Override
    public void delete(UUID id) {
        rows.keyRows.values().stream()
                .filter(k -> k.tenantId().equals(id))
                .forEach(k -> rows.remove(rows.keyRows, k.id()));
        rows.userRows.values().stream()
                .filter(u -> u.tenantId().equals(id))
                .forEach(u -> rows.remove(rows.userRows, u.id()));
        rows.providerRows.values().stream()
                .filter(p -> id.equals(p.tenantId()))
                .forEach(p -> rows.remove(rows.providerRows, p.id()));
        rows.priceRows.values().stream()
                .filter(p -> id.equals(p.tenantId()))
                .forEach(p -> rows.remove(rows.priceRows, p.id()));
        rows.objectRows.values().removeIf(o -> o.tenantId().equals(id));
        rows.remove(rows.tenantRows, id);
    }

    @Override
    public Optional<Tenant> find(String slug) {
        rows.checkThere();
        return rows.tenantRows.values().stream()
                .filter(t -> t.slug().equals(slug))
                .findFirst();
    }

    @Override
    public Optional<Tenant> lock(String slug) {
        ReentrantLock lock = rows.rowLocks.computeIfAbsent(slug, s -> new ReentrantLock());
        lock.lock();
        rows.hold(lock);
        return find(slug);
    }

    @Override
    public Page<Tenant> list(Page.Request request) {
        return rows.page(InMemoryRows.sorted(rows.tenantRows, t -> true, Tenant::slug), Tenant::slug, request);
    }
}
