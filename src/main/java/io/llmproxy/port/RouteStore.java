package io.llmproxy.port;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.route.Route;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Routes, durable. Every method blocks and throws {@link StoreException} where the database is away. */
public interface RouteStore {
    /** @throws StoreException.Duplicate where the owner has a route of that name */
    void insert(Route route);

    void update(Route route);

    void delete(UUID id);

    /** @param tenantId the owner; null: those of all tenants. The other kind is not looked at. */
    Optional<Route> find(@Nullable UUID tenantId, String nameOrId);

    /** By name: the tenant's own and, where {@code withShared}, those of all tenants (own first for equal names); null: the latter alone. */
    Page<Route> list(@Nullable UUID tenantId, boolean withShared, Page.Request page);

    /** All of one owner; null: those of all tenants. */
    List<Route> all(@Nullable UUID tenantId);
}
