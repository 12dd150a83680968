package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.route.Route;
import io.llmproxy.port.RouteStore;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Routes in memory. */
final class InMemoryRouteStore implements RouteStore {
    private final InMemoryRows rows;

    InMemoryRouteStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public void insert(Route p) {
        rows.insert(
                rows.routeRows,
                p.id(),
                p,
                o -> Objects.equals(o.tenantId(), p.tenantId()) && o.name().equals(p.name()));
    }

    @Override
    public void update(Route p) {
        rows.update(rows.routeRows, p.id(), p);
    }

    @Override
    public void delete(UUID id) {
        rows.remove(rows.routeRows, id);
    }

    @Override
    public Optional<Route> find(@Nullable UUID tenantId, String nameOrId) {
        rows.checkThere();
        return rows.routeRows.values().stream()
                .filter(p -> Objects.equals(p.tenantId(), tenantId))
                .filter(p -> p.name().equals(nameOrId) || p.id().toString().equals(nameOrId))
                .findFirst();
    }

    @Override
    public Page<Route> list(@Nullable UUID tenantId, boolean withShared, Page.Request request) {
        Function<Route, String> key = p -> p.name() + (p.shared() ? "~1" : "~0");
        return rows.page(
                InMemoryRows.sorted(
                        rows.routeRows, p -> Objects.equals(p.tenantId(), tenantId) || withShared && p.shared(), key),
                key,
                request);
    }

    @Override
    public List<Route> all(@Nullable UUID tenantId) {
        rows.checkThere();
        return rows.routeRows.values().stream()
                .filter(r -> Objects.equals(r.tenantId(), tenantId))
                .toList();
    }
}
