package io.llmproxy;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminStores;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import org.jspecify.annotations.Nullable;

/** The tenant of a process of one tenant, which is made at the first start. */
final class OwnTenant {
    private OwnTenant() {}

    /** @param slug null: the process is every tenant's */
    static void make(@Nullable String slug, AdminStores stores, CommandExecutor executor) {
        if (slug != null && stores.tenants().find(slug).isEmpty()) {
            try {
                executor.execute(Actor.SYSTEM, new AdminCommand.CreateTenant(slug, null));
            } catch (AdminException e) {
                // another process of this tenant, on the same database, was quicker
                if (stores.tenants().find(slug).isEmpty()) {
                    throw e;
                }
            }
        }
    }
}
