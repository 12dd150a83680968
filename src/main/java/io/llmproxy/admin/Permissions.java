package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.ActivateTenant;
import io.llmproxy.admin.AdminCommand.CreateKey;
import io.llmproxy.admin.AdminCommand.CreateProvider;
import io.llmproxy.admin.AdminCommand.CreateRoute;
import io.llmproxy.admin.AdminCommand.CreateTenant;
import io.llmproxy.admin.AdminCommand.CreateUser;
import io.llmproxy.admin.AdminCommand.DeleteKey;
import io.llmproxy.admin.AdminCommand.DeleteLimit;
import io.llmproxy.admin.AdminCommand.DeletePrice;
import io.llmproxy.admin.AdminCommand.DeleteProvider;
import io.llmproxy.admin.AdminCommand.DeleteRoute;
import io.llmproxy.admin.AdminCommand.DeleteTenant;
import io.llmproxy.admin.AdminCommand.DeleteUser;
import io.llmproxy.admin.AdminCommand.DisableProvider;
import io.llmproxy.admin.AdminCommand.EnableProvider;
import io.llmproxy.admin.AdminCommand.ImportPrices;
import io.llmproxy.admin.AdminCommand.PurgeAudit;
import io.llmproxy.admin.AdminCommand.PurgeRequests;
import io.llmproxy.admin.AdminCommand.ReadBodies;
import io.llmproxy.admin.AdminCommand.ResetLimit;
import io.llmproxy.admin.AdminCommand.RevokeAllKeys;
import io.llmproxy.admin.AdminCommand.RevokeKey;
import io.llmproxy.admin.AdminCommand.RotateKey;
import io.llmproxy.admin.AdminCommand.SetLimit;
import io.llmproxy.admin.AdminCommand.SetPrice;
import io.llmproxy.admin.AdminCommand.SuspendTenant;
import io.llmproxy.admin.AdminCommand.UpdateKey;
import io.llmproxy.admin.AdminCommand.UpdateProvider;
import io.llmproxy.admin.AdminCommand.UpdateRoute;
import io.llmproxy.admin.AdminCommand.UpdateTenant;
import io.llmproxy.admin.AdminCommand.UpdateUser;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;

/** What each role may do; to which tenant, user or key it may do it is decided where that is looked up. */
final class Permissions {
    private Permissions() {}

    /** @throws AdminException where the role may not give such a command at all */
    static void check(Actor actor, AdminCommand command) {
        boolean permitted = switch (actor.role()) {
            case ADMIN -> true;
            case TENANT_ADMIN -> tenantAdmin(command);
            case USER -> user(command);
        };
        if (!permitted) {
            throw AdminException.forbidden("the role " + actor.role().word() + " may not do that");
        }
    }

    private static boolean tenantAdmin(AdminCommand command) {
        return switch (command) {
            case CreateTenant _, ActivateTenant _, SuspendTenant _, DeleteTenant _ -> false;
            case UpdateTenant c -> c.withinTenant();
            case PurgeAudit _, PurgeRequests _ -> false;
            case ReadBodies _ -> true;
            case CreateUser c -> c.role() != Role.ADMIN;
            case UpdateUser c -> c.role().value() != Role.ADMIN;
            case DeleteUser _ -> true;
            case CreateKey _, UpdateKey _, RevokeKey _, RotateKey _, DeleteKey _, RevokeAllKeys _ -> true;
            case CreateProvider c -> c.tenant() != null && !c.settings().namesSurroundings();
            case UpdateProvider c -> c.tenant() != null && !c.changes().namesSurroundings();
            case EnableProvider c -> c.tenant() != null;
            case DisableProvider c -> c.tenant() != null;
            case DeleteProvider c -> c.tenant() != null;
            case SetPrice c -> c.tenant() != null;
            case ImportPrices c -> c.tenant() != null;
            case DeletePrice c -> c.tenant() != null;
            case SetLimit c -> c.tenant() != null && c.scope().takesSubject();
            case CreateRoute c -> c.tenant() != null;
            case UpdateRoute c -> c.tenant() != null;
            case DeleteRoute c -> c.tenant() != null;
            case ResetLimit c -> c.tenant() != null;
            case DeleteLimit c -> c.tenant() != null;
        };
    }

    /** Own keys, but not the pass-through to a provider's whole account. */
    private static boolean user(AdminCommand command) {
        return switch (command) {
            case CreateTenant _, UpdateTenant _, ActivateTenant _, SuspendTenant _, DeleteTenant _ -> false;
            case CreateUser _, UpdateUser _, DeleteUser _, PurgeAudit _, PurgeRequests _, ReadBodies _ -> false;
            case CreateKey c -> !c.scope().passthrough();
            case UpdateKey c ->
                !Boolean.TRUE.equals(c.passthrough().value())
                        && !c.maxRequests().named()
                        && !c.certificates().named()
                        && !c.certificateOnly().named();
            case RevokeKey _, RotateKey _, DeleteKey _, RevokeAllKeys _ -> true;
            case CreateProvider _, UpdateProvider _, EnableProvider _, DisableProvider _, DeleteProvider _ -> false;
            case SetPrice _, ImportPrices _, DeletePrice _ -> false;
            case SetLimit _, ResetLimit _, DeleteLimit _ -> false;
            case CreateRoute _, UpdateRoute _, DeleteRoute _ -> false;
        };
    }

    /** What a tenant-admin may read of a tenant and a user may not. */
    static void checkTenantReader(Actor actor) {
        if (actor.role() == Role.USER) {
            throw AdminException.forbidden("the role user may not do that");
        }
    }
}
