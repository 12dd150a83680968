package io.llmproxy.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.StateSource.ManagedState;
import org.jspecify.annotations.Nullable;

/**
 * The managed state as far as an actor may declare it.
 *
 * @param tenant the one tenant that it is about; null: all of them
 * @param shared whether what belongs to no tenant is part of it
 * @param admins whether limits and prices are those that admins of the installation set; false: those of tenant-admins
 */
public record DeclarableState(@Nullable String tenant, boolean shared, boolean admins, ManagedState state) {

    /** @param tenant null: all that the actor reaches */
    static DeclarableState read(AdminStores stores, TenantAccess access, Actor actor, @Nullable String tenant) {
        if (actor.role() == Role.USER) {
            throw AdminException.forbidden("the role user may not do that");
        }
        @Nullable String only = tenant == null ? whole(access, actor) : tenant;
        if (only != null) {
            access.checkServed(only);
        }
        ManagedState state = stores.state().load(only);
        boolean foreign = state.tenants().stream().anyMatch(t -> !actor.admin() && !t.id().equals(actor.tenantId()));
        if (foreign) {
            throw AdminException.notFound("tenant", String.valueOf(only));
        }
        return new DeclarableState(only, only == null, actor.admin(), state);
    }

    private static @Nullable String whole(TenantAccess access, Actor actor) {
        if (access.onlyTenant() != null || actor.admin()) {
            return access.onlyTenant();
        }
        return access.own(actor).map(Tenant::slug).orElseThrow(() -> AdminException.forbidden("no tenant is yours"));
    }
}
