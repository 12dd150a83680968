package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.User;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UserStore;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/** Users in memory. */
final class InMemoryUserStore implements UserStore {
    private final InMemoryRows rows;

    InMemoryUserStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public void insert(User u) {
        rows.insert(
                rows.userRows,
                u.id(),
                u,
                o -> o.tenantId().equals(u.tenantId()) && o.email().equals(u.email()));
    }

    @Override
    public void update(User u) {
        rows.update(rows.userRows, u.id(), u);
    }

    @Override
    public void delete(UUID id) {
        if (rows.keyRows.values().stream().anyMatch(k -> id.equals(k.userId()))) {
            throw new StoreException("a key refers to the user", new IllegalStateException());
        }
        rows.remove(rows.userRows, id);
    }

    @Override
    public Optional<User> find(UUID tenantId, String emailOrId) {
        rows.checkThere();
        String email = emailOrId.toLowerCase(Locale.ROOT);
        return rows.userRows.values().stream()
                .filter(u -> u.tenantId().equals(tenantId))
                .filter(u -> u.email().equals(email) || u.id().toString().equals(email))
                .findFirst();
    }

    @Override
    public int count(UUID tenantId) {
        rows.checkThere();
        int count = (int) rows.userRows.values().stream()
                .filter(u -> u.tenantId().equals(tenantId))
                .count();
        LockSupport.parkNanos(100_000); // room for another transaction to come between
        return count;
    }

    @Override
    public Page<User> list(UUID tenantId, Page.Request request) {
        return rows.page(
                InMemoryRows.sorted(rows.userRows, u -> u.tenantId().equals(tenantId), User::email),
                User::email,
                request);
    }
}
