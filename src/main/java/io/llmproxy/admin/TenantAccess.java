package io.llmproxy.admin;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.port.TenantStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which tenants an actor may reach. One that is not the actor's is answered like one that does not exist, so that nobody
 * learns of its existence.
 */
final class TenantAccess {
    private final TenantStore tenants;
    private final @Nullable String onlyTenant;

    /** @param onlyTenant the one tenant of this process; null: all */
    TenantAccess(TenantStore tenants, @Nullable String onlyTenant) {
        this.tenants = tenants;
        this.onlyTenant = onlyTenant;
    }

    Tenant read(Actor actor, String slug) {
        return reach(actor, slug, tenants::find);
    }

    /** The tenant, held until the transaction's end: changes within one tenant come one after another. */
    Tenant locked(Actor actor, String slug) {
        return reach(actor, slug, tenants::lock);
    }

    /** The owner of a provider, held; null where the command is about a shared one. */
    @Nullable
    Tenant owner(Actor actor, @Nullable String slug) {
        if (slug == null) {
            checkShared(actor);
            return null;
        }
        return locked(actor, slug);
    }

    /** @throws AdminException where this process does not serve a tenant of that name */
    void checkServed(String slug) {
        if (onlyTenant != null && !onlyTenant.equals(slug)) {
            throw AdminException.forbidden("this process serves the tenant `" + onlyTenant
                    + "` alone; administer others through their own process");
        }
    }

    void checkShared(Actor actor) {
        checkInstallation(actor, "shared providers");
    }

    /** @param what is of the installation and not of a tenant */
    void checkInstallation(Actor actor, String what) {
        if (onlyTenant != null) {
            throw AdminException.forbidden("this process serves the tenant `" + onlyTenant + "` alone; " + what
                    + " are administered by a process that serves all tenants");
        }
        if (!actor.admin()) {
            throw AdminException.forbidden(what + " are administered by an admin of the installation");
        }
    }

    /** Whose prices a command is about, held; null: the installation's. */
    @Nullable
    Tenant ownerOfPrices(Actor actor, @Nullable String slug) {
        if (slug == null) {
            checkInstallation(actor);
            return null;
        }
        return locked(actor, slug);
    }

    /** @throws AdminException where prices of the whole installation are none of the actor's or of this process */
    void checkInstallation(Actor actor) {
        if (onlyTenant != null) {
            throw AdminException.forbidden("this process serves the tenant `" + onlyTenant
                    + "` alone; prices for all tenants are set by a process that serves all of them");
        }
        if (!actor.admin()) {
            throw AdminException.forbidden("prices for all tenants are set by an admin of the installation");
        }
    }

    Page<Tenant> list(Actor actor, Page.Request page) {
        if (onlyTenant != null) {
            return new Page<>(
                    tenants.find(onlyTenant).filter(t -> visible(actor, t)).stream()
                            .toList(),
                    null);
        }
        return actor.admin()
                ? tenants.list(page)
                : new Page<>(own(actor).stream().toList(), null);
    }

    Optional<Tenant> own(Actor actor) {
        return all().stream().filter(t -> t.id().equals(actor.tenantId())).findFirst();
    }

    List<Tenant> all() {
        List<Tenant> all = new ArrayList<>();
        Page<Tenant> page = tenants.list(Page.Request.first(Page.Request.MAX));
        all.addAll(page.items());
        while (page.next() != null) {
            page = tenants.list(new Page.Request(Page.Request.MAX, page.next()));
            all.addAll(page.items());
        }
        return all;
    }

    @Nullable
    String onlyTenant() {
        return onlyTenant;
    }

    /** A tenant-admin does not touch an admin of the installation. */
    static void checkReach(Actor actor, @Nullable User user) {
        if (!actor.admin() && user != null && user.role() == Role.ADMIN) {
            throw AdminException.forbidden(
                    "the user `" + user.email() + "` is an admin of the installation; only an admin may do that");
        }
    }

    private Tenant reach(Actor actor, String slug, Function<String, Optional<Tenant>> look) {
        checkServed(slug);
        return look.apply(slug)
                .filter(t -> visible(actor, t))
                .orElseThrow(() -> AdminException.notFound("tenant", slug));
    }

    private static boolean visible(Actor actor, Tenant tenant) {
        return actor.admin() || tenant.id().equals(actor.tenantId());
    }
}
