package io.llmproxy.admin;

import static io.llmproxy.admin.Guard.guarded;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who calls over TCP. Looked up at each request, so that who is deleted or disabled is out at once. Blocks.
 *
 * <p>Whoever is refused here has shown a credential that is good: it may know why.
 */
public final class RemoteCallers {
    private final AdminStores stores;
    private final TenantAccess access;

    /** @param onlyTenant the one tenant of this process; null: all */
    public RemoteCallers(AdminStores stores, @Nullable String onlyTenant) {
        this.stores = stores;
        this.access = new TenantAccess(stores.tenants(), onlyTenant);
    }

    /**
     * @param address where the call came from
     * @throws AdminException where its tenant or user may not administer, or cannot be looked up
     */
    public Actor actor(Grant grant, String address) {
        String slug = grant.tenant();
        if (slug == null) {
            return new Actor(grant.name(), null, grant.role(), null, null, address);
        }
        access.checkServed(slug);
        return guarded("looking the caller up", () -> {
            Tenant tenant = tenant(slug);
            return new Actor(grant.name(), null, grant.role(), tenant.id(), userId(tenant, grant.user()), address);
        });
    }

    private Tenant tenant(String slug) {
        Tenant tenant = stores.tenants()
                .find(slug)
                .orElseThrow(() -> AdminException.forbidden("the caller's tenant `" + slug + "` does not exist"));
        if (!tenant.status().active()) {
            throw AdminException.forbidden("the caller's tenant `" + slug + "` is suspended");
        }
        return tenant;
    }

    private @Nullable UUID userId(Tenant tenant, @Nullable String email) {
        if (email == null) {
            return null;
        }
        return stores.users()
                .find(tenant.id(), email)
                .filter(User::enabled)
                .orElseThrow(() -> AdminException.forbidden(
                        "the tenant `" + tenant.slug() + "` has no enabled user `" + email + "`"))
                .id();
    }
}
