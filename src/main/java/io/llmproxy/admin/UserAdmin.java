package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.CreateUser;
import io.llmproxy.admin.AdminCommand.DeleteUser;
import io.llmproxy.admin.AdminCommand.UpdateUser;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.port.StoreException;
import java.time.Instant;
import java.util.List;

/** Commands about users. */
final class UserAdmin {
    private final AdminStores stores;
    private final TenantAccess access;

    UserAdmin(AdminStores stores, TenantAccess access) {
        this.stores = stores;
        this.access = access;
    }

    Work create(Actor actor, CreateUser c, Instant now) {
        String email = User.email(c.email());
        return () -> {
            Tenant tenant = access.locked(actor, c.tenant());
            checkRoom(tenant);
            User user = new User(Ids.next(now), tenant.id(), email, c.name(), c.role(), true, now, now);
            try {
                stores.users().insert(user);
            } catch (StoreException.Duplicate e) {
                throw AdminException.conflict("the tenant `" + tenant.slug() + "` has a user `" + email + "` already");
            }
            Details details = new Details().put("role", c.role().word()).put("name", c.name());
            return done(tenant, user, "create", details);
        };
    }

    Work update(Actor actor, UpdateUser c, Instant now) {
        return () -> {
            Tenant tenant = access.locked(actor, c.tenant());
            User before = reachable(actor, tenant, c.user());
            User after = before.with(
                    c.name().over(before.name()),
                    c.role().over(before.role(), before.role()),
                    c.enabled().over(before.enabled(), before.enabled()),
                    now);
            stores.users().update(after);
            Details details = new Details()
                    .change("name", c.name(), before.name())
                    .changed("role", before.role().word(), after.role().word())
                    .changed("enabled", before.enabled(), after.enabled());
            return done(tenant, after, "update", details);
        };
    }

    Work delete(Actor actor, DeleteUser c, Instant now) {
        return () -> {
            Tenant tenant = access.locked(actor, c.tenant());
            User user = reachable(actor, tenant, c.user());
            List<ApiKey> keys = stores.keys().all(tenant.id(), user.id());
            long live =
                    keys.stream().filter(k -> !k.revoked() && !k.expired(now)).count();
            if (live > 0 && !c.cascade()) {
                throw AdminException.conflict("the user `" + user.email() + "` still has " + live
                        + (live == 1 ? " key" : " keys") + "; revoke or delete them first, or all with --cascade");
            }
            SubjectLimits limits = new SubjectLimits(stores, actor);
            for (ApiKey key : keys) {
                stores.keys().delete(key.id());
                limits.without(tenant, key);
            }
            stores.users().delete(user.id());
            limits.without(tenant, user);
            Details details = new Details()
                    .old("role", user.role().word())
                    .put("keys", keys.isEmpty() ? null : keys.size())
                    .put("limits", limits.dropped());
            return new Work.Done(new CommandResult.Deleted(), tenant, "user.delete", "user/" + user.email(), details);
        };
    }

    private User reachable(Actor actor, Tenant tenant, String emailOrId) {
        User user = stores.users()
                .find(tenant.id(), emailOrId)
                .orElseThrow(() -> AdminException.notFound("user", emailOrId));
        TenantAccess.checkReach(actor, user);
        return user;
    }

    private void checkRoom(Tenant tenant) {
        Integer max = tenant.settings().maxUsers();
        if (max != null && stores.users().count(tenant.id()) >= max) {
            throw AdminException.conflict(
                    "the tenant `" + tenant.slug() + "` is at its maximum of " + max + (max == 1 ? " user" : " users")
                            + "; delete one, or have an admin raise it with llmproxyctl tenant update --max-users");
        }
    }

    private static Work.Done done(Tenant tenant, User user, String verb, Details details) {
        return new Work.Done(
                new CommandResult.OfUser(tenant, user), tenant, "user." + verb, "user/" + user.email(), details);
    }
}
