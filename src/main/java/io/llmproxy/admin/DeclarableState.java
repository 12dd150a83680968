package io.llmproxy.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
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
        @Nullable String only = reached(access, actor, tenant);
        return new DeclarableState(
                only, only == null, actor.admin(), stores.state().load(only));
    }

    /**
     * The one tenant that it is about; null: all of them. Before anything is read of it.
     *
     * @throws AdminException where the actor may not declare that; a tenant that is not the actor's is answered like one that is not there
     */
    static @Nullable String reached(TenantAccess access, Actor actor, @Nullable String tenant) {
        Permissions.checkTenantReader(actor);
        @Nullable
        String own = actor.admin()
                ? access.onlyTenant()
                : access.own(actor).map(Tenant::slug).orElseThrow(() -> AdminException.forbidden("no tenant is yours"));
        @Nullable String only = tenant == null ? own : tenant;
        if (only != null) {
            access.checkServed(only);
            if (!actor.admin() && !only.equals(own)) {
                throw AdminException.notFound("tenant", only);
            }
        }
        return only;
    }
}
