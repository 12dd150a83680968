package io.llmproxy.admin;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderAccount;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Keeps the names by which tenants and keys refer to providers true in both directions. */
final class ProviderNames {
    private final AdminStores stores;
    private final TenantAccess access;

    ProviderNames(AdminStores stores, TenantAccess access) {
        this.stores = stores;
        this.access = access;
    }

    /** The provider that a name means to a tenant: its own before a shared one. */
    Optional<ProviderAccount> visible(Tenant tenant, String nameOrId) {
        return stores.providers()
                .find(tenant.id(), nameOrId)
                .or(() -> stores.providers().find(null, nameOrId));
    }

    /** @throws InvalidValueException naming the first name that the tenant does not know */
    void requireKnown(String field, Tenant tenant, Collection<String> names) {
        for (String name : names) {
            // looked up by name: an id would be stored as a name that matches nothing
            if (visible(tenant, name).filter(p -> p.name().equals(name)).isEmpty()) {
                throw new InvalidValueException(
                        field,
                        "the tenant `" + tenant.slug() + "` has no provider " + Checks.quoted(name)
                                + "; see llmproxyctl -t " + tenant.slug() + " provider list");
            }
        }
    }

    /** @throws InvalidValueException where the tenant may not use one of them */
    static void requireAllowed(String field, Set<String> allowed, Collection<String> names) {
        for (String name : names) {
            if (!allowed.isEmpty() && !allowed.contains(name)) {
                throw new InvalidValueException(
                        field, "the provider " + Checks.quoted(name) + " is not among the tenant's allowedProviders");
            }
        }
    }

    /** What refers to a provider, each in a few words; empty: nothing does. */
    List<String> uses(@Nullable Tenant owner, String name) {
        if (owner != null) {
            return usesOf(owner, name);
        }
        List<String> uses = new ArrayList<>(routesTo(null, name));
        for (Tenant tenant : access.all()) {
            if (stores.providers().find(tenant.id(), name).isEmpty()) {
                usesOf(tenant, name).forEach(use -> uses.add("tenant " + tenant.slug() + ": " + use));
            }
        }
        return uses;
    }

    private List<String> usesOf(Tenant tenant, String name) {
        List<String> uses = new ArrayList<>();
        if (name.equals(tenant.settings().defaultProvider())) {
            uses.add("it is the default provider");
        }
        if (tenant.settings().allowedProviders().contains(name)) {
            uses.add("it is among the allowed providers");
        }
        if (tenant.settings().redaction().providers().contains(name)) {
            uses.add("private text is taken out of what goes to it (redactProviders)");
        }
        uses.addAll(routesTo(tenant.id(), name));
        stores.keys().all(tenant.id(), null).stream()
                .filter(k -> !k.revoked() && k.scope().providers().contains(name))
                .map(ApiKey::name)
                .forEach(key -> uses.add("the key `" + key + "` names it"));
        return uses;
    }

    /** @param owner null: routes of all tenants */
    private List<String> routesTo(@Nullable UUID owner, String provider) {
        return stores.routes().all(owner).stream()
                .filter(r -> r.targets().stream()
                        .anyMatch(t -> !t.alias() && t.name().equals(provider)))
                .map(r -> "the route `" + r.name() + "` leads there")
                .toList();
    }

    int countOwn(UUID tenantId) {
        int count = 0;
        Page<ProviderAccount> page = stores.providers().list(tenantId, false, Page.Request.first(Page.Request.MAX));
        count += page.items().size();
        while (page.next() != null) {
            page = stores.providers().list(tenantId, false, new Page.Request(Page.Request.MAX, page.next()));
            count += page.items().size();
        }
        return count;
    }
}
