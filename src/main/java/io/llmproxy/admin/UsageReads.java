package io.llmproxy.admin;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.UsageStore;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads of the ledger, confined to what the actor may see. */
final class UsageReads {
    private final AdminStores stores;
    private final TenantAccess access;
    private final UsageStore usage;

    UsageReads(AdminStores stores, TenantAccess access, UsageStore usage) {
        this.stores = stores;
        this.access = access;
        this.usage = usage;
    }

    List<UsageQuery.Row> report(Actor actor, UsageFilter filter, List<UsageQuery.Dimension> by) {
        return usage.report(confined(actor, filter), by);
    }

    Page<UsageRecord> records(Actor actor, UsageFilter filter, Page.Request page) {
        return usage.list(confined(actor, filter), page);
    }

    /** The id tells when the request began, which is what the ledger is in the order of. */
    UsageRecord record(Actor actor, @Nullable String tenant, UUID requestId) {
        Instant began = Instant.ofEpochMilli(requestId.getMostSignificantBits() >>> 16);
        UsageQuery query = confined(actor, new UsageFilter(tenant, null, began, began.plusMillis(1)));
        String after = null;
        do {
            Page<UsageRecord> page = usage.list(query, new Page.Request(Page.Request.MAX, after));
            for (UsageRecord record : page.items()) {
                if (record.requestId().equals(requestId)) {
                    return record;
                }
            }
            after = page.next();
        } while (after != null);
        throw AdminException.notFound("request", requestId.toString());
    }

    String end() {
        return usage.end();
    }

    /**
     * The last page of a list has no position of its own: it is the ledger's end where that did not move while the page was
     * read. Where it did, the page is read again, at last one record shorter, so that it is not the last one any more.
     */
    Page<UsageRecord> tail(Actor actor, UsageFilter filter, Page.Request page) {
        UsageQuery query = confined(actor, filter);
        for (int attempt = 0; attempt < 3; attempt++) {
            String end = usage.end();
            Page<UsageRecord> read = usage.list(query, page);
            if (read.next() != null) {
                return read;
            }
            if (end.equals(usage.end())) {
                return new Page<>(read.items(), end);
            }
        }
        return shorter(query, page);
    }

    private Page<UsageRecord> shorter(UsageQuery query, Page.Request page) {
        Page<UsageRecord> read = usage.list(query, page);
        if (read.next() == null && read.items().size() > 1) {
            read = usage.list(query, new Page.Request(read.items().size() - 1, page.after()));
        }
        return read.next() != null ? read : new Page<>(List.of(), page.after());
    }

    private UsageQuery confined(Actor actor, UsageFilter filter) {
        UUID tenantId = tenantId(actor, filter.tenant());
        return new UsageQuery(
                tenantId,
                userId(actor, tenantId, filter.user()),
                filter.from(),
                filter.to(),
                filter.match(),
                filter.zone());
    }

    /** That of the tenant which is meant, as its budgets have it; of several tenants UTC. */
    ZoneId zone(Actor actor, @Nullable String slug) {
        String asked = slug == null ? access.onlyTenant() : slug;
        if (asked != null) {
            return access.read(actor, asked).settings().limits().zone();
        }
        return actor.admin()
                ? ZoneOffset.UTC
                : access.own(actor).map(t -> t.settings().limits().zone()).orElse(ZoneOffset.UTC);
    }

    private @Nullable UUID tenantId(Actor actor, @Nullable String slug) {
        String only = access.onlyTenant();
        String asked = slug == null ? only : slug;
        if (asked != null) {
            Tenant tenant = access.read(actor, asked);
            return tenant.id();
        }
        if (!actor.admin() && actor.tenantId() == null) {
            throw AdminException.forbidden("the caller is no user of a tenant");
        }
        return actor.admin() ? null : actor.tenantId();
    }

    private @Nullable UUID userId(Actor actor, @Nullable UUID tenantId, @Nullable String user) {
        if (actor.role() == Role.USER) {
            return AdminQueries.ownId(actor);
        }
        if (user == null) {
            return null;
        }
        if (tenantId == null) {
            throw AdminException.invalid("user: a user is known within a tenant; name the tenant too");
        }
        return stores.users()
                .find(tenantId, user)
                .orElseThrow(() -> AdminException.notFound("user", user))
                .id();
    }
}
