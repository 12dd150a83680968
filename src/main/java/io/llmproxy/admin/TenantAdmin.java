package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.CreateTenant;
import io.llmproxy.admin.AdminCommand.DeleteTenant;
import io.llmproxy.admin.AdminCommand.UpdateTenant;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.port.StoreException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Commands about tenants. */
final class TenantAdmin {
    private final AdminStores stores;
    private final TenantAccess access;
    private final ProviderNames names;

    TenantAdmin(AdminStores stores, TenantAccess access, ProviderNames names) {
        this.stores = stores;
        this.access = access;
        this.names = names;
    }

    Work create(CreateTenant c, Instant now) {
        String name = c.name() == null ? c.tenant() : c.name();
        Tenant tenant =
                new Tenant(Ids.next(now), c.tenant(), name, Tenant.Status.ACTIVE, TenantSettings.DEFAULT, now, now);
        access.checkServed(c.tenant());
        return () -> {
            try {
                stores.tenants().insert(tenant);
            } catch (StoreException.Duplicate e) {
                throw AdminException.conflict("there is a tenant `" + tenant.slug() + "` already");
            }
            return done(tenant, "create", new Details().put("name", name));
        };
    }

    Work update(Actor actor, UpdateTenant c, Instant now) {
        return () -> {
            Tenant before = access.locked(actor, c.tenant());
            TenantSettings settings = settings(before, c);
            Tenant after = before.with(c.name().over(before.name(), before.slug()), settings, now);
            stores.tenants().update(after);
            return done(after, "update", details(before, c));
        };
    }

    Work status(Actor actor, String slug, Tenant.Status status, Instant now) {
        return () -> {
            Tenant before = access.locked(actor, slug);
            Tenant after = before.with(status, now);
            stores.tenants().update(after);
            Details details = new Details()
                    .changed("status", before.status(), status)
                    .put("now", status == Tenant.Status.SUSPENDED_NOW ? true : null);
            return done(after, status.active() ? "activate" : "suspend", details);
        };
    }

    Work delete(Actor actor, DeleteTenant c) {
        return () -> {
            Tenant tenant = access.locked(actor, c.tenant());
            List<String> owned = owned(tenant);
            if (!owned.isEmpty() && !c.cascade()) {
                throw AdminException.conflict("the tenant `" + tenant.slug() + "` still has " + String.join(", ", owned)
                        + "; delete them first, or all with --cascade");
            }
            stores.tenants().delete(tenant.id());
            Details details = new Details().put("cascade", owned.isEmpty() ? null : String.join(", ", owned));
            return new Work.Done(
                    new CommandResult.Deleted(), tenant, "tenant.delete", "tenant/" + tenant.slug(), details);
        };
    }

    private TenantSettings settings(Tenant before, UpdateTenant c) {
        TenantSettings old = before.settings();
        TenantSettings settings = new TenantSettings(
                c.maxUsers().over(old.maxUsers()),
                c.maxApiKeys().over(old.maxApiKeys()),
                c.allowedProviders().over(old.allowedProviders(), Set.of()),
                c.allowedModels().over(old.allowedModels(), List.of()),
                c.defaultProvider().over(old.defaultProvider()),
                c.auditRetentionDays().over(old.auditRetentionDays()),
                c.usageRetentionDays().over(old.usageRetentionDays()),
                c.bodyRetentionDays().over(old.bodyRetentionDays()),
                c.limits().over(old.limits()),
                c.redaction().over(old.redaction()),
                c.auditMode().over(old.auditMode(), AuditMode.METADATA));
        if (c.allowedProviders().named()) {
            names.requireKnown("allowedProviders", before, settings.allowedProviders());
        }
        if (c.redaction().providers().named()) {
            names.requireKnown("redactProviders", before, settings.redaction().providers());
        }
        checkDefault(before, c, settings);
        return settings;
    }

    private void checkDefault(Tenant tenant, UpdateTenant c, TenantSettings settings) {
        String provider = settings.defaultProvider();
        if (provider != null
                && (c.defaultProvider().named() || c.allowedProviders().named())) {
            names.requireKnown("defaultProvider", tenant, List.of(provider));
            ProviderNames.requireAllowed("defaultProvider", settings.allowedProviders(), List.of(provider));
        }
    }

    private List<String> owned(Tenant tenant) {
        List<String> owned = new ArrayList<>();
        count(owned, stores.users().count(tenant.id()), "user");
        count(owned, stores.keys().all(tenant.id(), null).size(), "key");
        count(owned, names.countOwn(tenant.id()), "provider");
        return owned;
    }

    private static void count(List<String> owned, int n, String noun) {
        if (n > 0) {
            owned.add(n + " " + noun + (n == 1 ? "" : "s"));
        }
    }

    private static Details details(Tenant before, UpdateTenant c) {
        TenantSettings old = before.settings();
        UsageLimits limits = old.limits();
        return new Details()
                .change("name", c.name(), before.name())
                .change("defaultProvider", c.defaultProvider(), old.defaultProvider())
                .change("allowedProviders", c.allowedProviders(), old.allowedProviders())
                .change("allowedModels", c.allowedModels(), old.allowedModels())
                .change("maxUsers", c.maxUsers(), old.maxUsers())
                .change("maxApiKeys", c.maxApiKeys(), old.maxApiKeys())
                .change("auditMode", c.auditMode(), old.auditMode())
                .change("auditRetentionDays", c.auditRetentionDays(), old.auditRetentionDays())
                .change("usageRetentionDays", c.usageRetentionDays(), old.usageRetentionDays())
                .change("bodyRetentionDays", c.bodyRetentionDays(), old.bodyRetentionDays())
                .change("maxRequestsPerMinute", c.limits().maxRequestsPerMinute(), limits.maxRequestsPerMinute())
                .change("maxRequestsPerDay", c.limits().maxRequestsPerDay(), limits.maxRequestsPerDay())
                .change("maxTokensPerDay", c.limits().maxTokensPerDay(), limits.maxTokensPerDay())
                .change("maxOutputTokens", c.limits().maxOutputTokens(), limits.maxOutputTokens())
                .change("timeZone", c.limits().timeZone(), limits.timeZone())
                .change("redact", c.redaction().mode(), old.redaction().mode())
                .change("redactKinds", c.redaction().kinds(), old.redaction().kinds())
                .change(
                        "redactPatterns",
                        c.redaction().patterns(),
                        old.redaction().patterns())
                .change(
                        "redactProviders",
                        c.redaction().providers(),
                        old.redaction().providers())
                .change("redactStrict", c.redaction().strict(), old.redaction().strict());
    }

    private static Work.Done done(Tenant tenant, String verb, Details details) {
        return new Work.Done(
                new CommandResult.OfTenant(tenant), tenant, "tenant." + verb, "tenant/" + tenant.slug(), details);
    }
}
