package io.llmproxy.admin;

import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.ProviderAccount;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The limits that a tenant has set for one user, key or provider: they go with it. One that stayed would hold whoever gets the name next,
 * and a declaration of it could not be applied anywhere. But what an admin of the installation set stays where somebody else deletes: it
 * would be got rid of by deleting whom it holds and making him anew.
 */
final class SubjectLimits {
    private final AdminStores stores;
    private final Actor actor;
    private int dropped;

    /** @param actor who deletes */
    SubjectLimits(AdminStores stores, Actor actor) {
        this.stores = stores;
        this.actor = actor;
    }

    /** How many went, as the audit of the deletion has it; null: none. */
    @Nullable
    Integer dropped() {
        return dropped == 0 ? null : dropped;
    }

    /** After the key was deleted. */
    void without(Tenant tenant, ApiKey key) {
        drop(
                tenant,
                LimitScope.KEY,
                subject -> subject.equals(key.name()) || is(subject, key.id()),
                subject -> stores.keys().find(tenant.id(), subject).isPresent());
    }

    /** After the user was deleted. */
    void without(Tenant tenant, User user) {
        drop(
                tenant,
                LimitScope.USER,
                subject -> subject.equalsIgnoreCase(user.email()) || is(subject, user.id()),
                subject -> stores.users().find(tenant.id(), subject).isPresent());
    }

    /** After the provider was deleted, which was the tenant's or all tenants'. */
    void without(Tenant tenant, ProviderAccount provider) {
        drop(
                tenant,
                LimitScope.PROVIDER,
                subject -> subject.equals(provider.name()),
                subject -> stores.providers().find(tenant.id(), subject).isPresent()
                        || stores.providers().find(null, subject).isPresent());
    }

    private boolean mayDelete(Limit limit) {
        return actor.admin() || actor.role() == Role.TENANT_ADMIN && limit.origin() == LimitOrigin.TENANT_ADMIN;
    }

    private static boolean is(String subject, UUID id) {
        return subject.equalsIgnoreCase(id.toString());
    }

    /**
     * @param about whether a subject means what was deleted
     * @param known whether something else goes by that name
     */
    private void drop(Tenant tenant, LimitScope scope, Predicate<String> about, Predicate<String> known) {
        for (Limit limit : stores.limits().list(tenant.id())) {
            String subject = limit.subject();
            boolean its = limit.scope() == scope && subject != null && about.test(subject);
            if (its && mayDelete(limit) && !known.test(subject)) {
                stores.limits().delete(UUID.fromString(limit.id()));
                dropped++;
            }
        }
    }
}
