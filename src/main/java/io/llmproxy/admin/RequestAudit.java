package io.llmproxy.admin;

import static io.llmproxy.admin.Guard.guarded;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.TranscriptStore;
import io.llmproxy.port.UsageStore;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The audit of requests, confined to what the actor may see: of its tenant for a tenant-admin, and nothing of tenants that keep none.
 * Whoever reads what was asked and answered is in the audit of administration before it is shown. Blocks.
 */
public final class RequestAudit {
    private static final int STEP = 1000;
    private final AdminStores stores;
    private final TenantAccess access;
    private final RequestSearch requests;
    private final TranscriptStore transcripts;
    private final UsageStore usage;
    private final CommandExecutor executor;

    /** @param onlyTenant the one tenant of this process; null: all */
    public RequestAudit(
            AdminStores stores,
            RequestSearch requests,
            TranscriptStore transcripts,
            UsageStore usage,
            CommandExecutor executor,
            @Nullable String onlyTenant) {
        this.stores = stores;
        this.access = new TenantAccess(stores.tenants(), onlyTenant);
        this.requests = requests;
        this.transcripts = transcripts;
        this.usage = usage;
        this.executor = executor;
    }

    /** The newest first; a page may be short, even empty, and not the last. */
    public Page<UsageRecord> search(Actor actor, RequestFilter filter, Page.Request page) {
        Permissions.checkTenantReader(actor);
        return guarded("searching the ledger", () -> requests.search(query(actor, filter), page));
    }

    private RequestQuery query(Actor actor, RequestFilter f) {
        Tenant tenant = tenant(actor, f.tenant());
        if (tenant != null && tenant.settings().auditMode() == AuditMode.NONE) {
            throw AdminException.conflict("the tenant `" + tenant.slug()
                    + "` keeps no audit of requests; see llmproxyctl tenant update --audit");
        }
        UUID id = f.requestId();
        Instant began = id == null ? null : Instant.ofEpochMilli(id.getMostSignificantBits() >>> 16);
        return new RequestQuery(
                tenant == null ? null : tenant.id(),
                tenant == null ? hidden() : Set.of(),
                began == null ? f.from() : began,
                began == null ? f.to() : began.plusMillis(1),
                user(tenant, f.user()),
                key(tenant, f.key()),
                f.model(),
                f.statusFrom(),
                f.statusTo(),
                id);
    }

    private @Nullable Tenant tenant(Actor actor, @Nullable String slug) {
        String asked = slug == null ? access.onlyTenant() : slug;
        if (asked != null) {
            return access.read(actor, asked);
        }
        if (actor.admin()) {
            return null;
        }
        return access.own(actor).orElseThrow(() -> AdminException.forbidden("the caller is no user of a tenant"));
    }

    private Set<UUID> hidden() {
        return access.all().stream()
                .filter(t -> t.settings().auditMode() == AuditMode.NONE)
                .map(Tenant::id)
                .collect(Collectors.toSet());
    }

    /** An id counts whether or not there is such a user still. */
    private @Nullable UUID user(@Nullable Tenant tenant, @Nullable String user) {
        if (user == null || Ids.isUuid(user)) {
            return user == null ? null : UUID.fromString(user);
        }
        return stores.users()
                .find(named(tenant, "user").id(), user)
                .orElseThrow(() -> AdminException.notFound("user", user))
                .id();
    }

    private @Nullable UUID key(@Nullable Tenant tenant, @Nullable String key) {
        if (key == null || Ids.isUuid(key)) {
            return key == null ? null : UUID.fromString(key);
        }
        return stores.keys()
                .find(named(tenant, "key").id(), key)
                .orElseThrow(() -> AdminException.notFound("key", key))
                .id();
    }

    private static Tenant named(@Nullable Tenant tenant, String what) {
        if (tenant == null) {
            throw AdminException.invalid(what + ": is known within a tenant; name the tenant too, or give its id");
        }
        return tenant;
    }

    /** What is kept of what these asked and were answered, by their ids; that the actor reads it is in the audit first. */
    public Map<UUID, Transcript> bodies(Actor actor, List<UsageRecord> records) {
        Map<UUID, Transcript> found = new HashMap<>();
        Map<String, Integer> read = new TreeMap<>();
        Map<String, String> first = new TreeMap<>();
        for (UsageRecord r : records) {
            Optional<Transcript> transcript =
                    guarded("reading bodies of requests", () -> transcripts.find(r.tenantId(), r.requestId()));
            transcript.ifPresent(t -> {
                found.put(r.requestId(), t);
                read.merge(r.tenantSlug(), 1, Integer::sum);
                first.putIfAbsent(r.tenantSlug(), r.requestId().toString());
            });
        }
        read.forEach((tenant, count) ->
                executor.execute(actor, new AdminCommand.ReadBodies(tenant, count, first.getOrDefault(tenant, ""))));
        return found;
    }

    /**
     * Deletes bodies of older requests, step by step.
     *
     * @return how many requests had some
     */
    public int purge(Actor actor, @Nullable String slug, Instant before) {
        Tenant tenant = guarded("purging bodies of requests", () -> tenant(actor, slug));
        if (tenant == null || !actor.admin()) {
            return 0;
        }
        return inSteps("purging bodies of requests", () -> transcripts.purge(tenant.id(), before, STEP));
    }

    /** How many requests are gone. */
    public record Purged(int records, int bodies) {}

    /**
     * Deletes usage records and bodies of older requests, step by step; that it was asked to is in the audit first. Sums by hour stay.
     *
     * @param slug null: of the only tenant of this process
     */
    public Purged purgeRequests(Actor actor, @Nullable String slug, Instant before) {
        executor.execute(actor, new AdminCommand.PurgeRequests(slug, before));
        // bodies first: without its record nobody would find one that is left
        int bodies = purge(actor, slug, before);
        Tenant tenant = named(guarded("purging the ledger", () -> tenant(actor, slug)), "request");
        int records = inSteps("purging the ledger", () -> usage.purge(tenant.id(), before, STEP));
        return new Purged(records, bodies);
    }

    private static int inSteps(String doing, Supplier<Integer> some) {
        int purged = 0;
        int step;
        do {
            step = guarded(doing, some);
            purged += step;
        } while (step >= STEP);
        return purged;
    }
}
