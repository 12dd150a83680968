package io.llmproxy.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import org.jspecify.annotations.Nullable;

/** Commands about the audit itself: each is one event in it. */
final class AuditAdmin {
    private final TenantAccess access;

    AuditAdmin(TenantAccess access) {
        this.access = access;
    }

    Work purge(Actor actor, AdminCommand.PurgeAudit c) {
        return () -> {
            Tenant tenant = tenant(actor, c.tenant());
            Details details = new Details().put("before", c.before());
            return new Work.Done(new CommandResult.Deleted(), tenant, "audit.purge", "audit/events", details);
        };
    }

    Work purge(Actor actor, AdminCommand.PurgeRequests c) {
        return () -> {
            Tenant tenant = tenant(actor, c.tenant());
            if (tenant == null) {
                throw AdminException.invalid("tenant: whose requests? Each tenant's are deleted by themselves");
            }
            Details details = new Details().put("before", c.before());
            return new Work.Done(new CommandResult.Deleted(), tenant, "audit.purge", "audit/requests", details);
        };
    }

    Work read(Actor actor, AdminCommand.ReadBodies c) {
        return () -> {
            Tenant tenant = tenant(actor, c.tenant());
            Details details = new Details().put("requests", c.requests());
            return new Work.Done(new CommandResult.Deleted(), tenant, "audit.read", "request/" + c.first(), details);
        };
    }

    private @Nullable Tenant tenant(Actor actor, @Nullable String slug) {
        String asked = slug == null ? access.onlyTenant() : slug;
        return asked == null ? null : access.locked(actor, asked);
    }
}
