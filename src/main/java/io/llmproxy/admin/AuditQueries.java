package io.llmproxy.admin;

import static io.llmproxy.admin.Guard.guarded;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.audit.AuditQuery;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.AuditChainStore;
import io.llmproxy.port.AuditSigner;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads of the audit of administration, confined to what the actor may see; and its purge. Blocks; throws {@link AdminException}. */
public final class AuditQueries {
    private static final Pattern ACTION = Pattern.compile("[a-z-]{1,32}(\\.[a-z-]{1,32})?");
    private static final int STEP = 2000;

    private final AdminStores stores;
    private final TenantAccess access;
    private final AuditChainStore chains;
    private final AuditExport export;
    private final CommandExecutor executor;
    private final InstantSource clock;

    /**
     * @param signAll signs what is not signed yet; called before an export begins
     * @param onlyTenant the one tenant of this process; null: all
     */
    public AuditQueries(
            AdminStores stores,
            AuditChainStore chains,
            AuditSigner signer,
            Runnable signAll,
            CommandExecutor executor,
            @Nullable String onlyTenant,
            InstantSource clock) {
        this.stores = stores;
        this.access = new TenantAccess(stores.tenants(), onlyTenant);
        this.chains = chains;
        this.export = new AuditExport(chains, signer, signAll, clock);
        this.executor = executor;
        this.clock = clock;
    }

    /** What of an export is asked for. */
    public record Part(
            @Nullable String tenant,
            @Nullable UUID chain,
            @Nullable Instant from,
            @Nullable Instant to) {}

    /** Newest first. */
    public Page<AuditEvent> events(Actor actor, AuditFilter filter, Page.Request page) {
        return guarded("reading the audit log", () -> stores.audit().list(query(actor, filter), page));
    }

    /** Oldest first; {@code next} is always where to go on. */
    public Page<AuditEvent> follow(Actor actor, AuditFilter filter, Page.Request page) {
        return guarded("reading the audit log", () -> stores.audit().follow(query(actor, filter), page));
    }

    /** Where {@link #follow} goes on behind the newest event. */
    public String end(Actor actor, AuditFilter filter) {
        return guarded("reading the audit log", () -> {
            query(actor, filter);
            return stores.audit().end();
        });
    }

    public Page<AuditChain> chains(Actor actor, Page.Request page) {
        return guarded("reading the audit log", () -> {
            UUID only = confinedTo(actor, null);
            return only == null
                    ? chains.list(page)
                    : new Page<>(chains.find(only).stream().toList(), null);
        });
    }

    /** Lines of an export of one chain: members of {@link io.llmproxy.domain.audit.CanonicalForm}, hashes and signatures. */
    public Page<Map<String, Object>> export(Actor actor, Part part, Page.Request page) {
        return guarded("exporting the audit log", () -> {
            UUID id = chain(actor, part);
            AuditChain chain = chains.find(id)
                    .orElseGet(() -> new AuditChain(id, part.tenant(), 0, AuditChain.NOTHING, 0, AuditChain.NOTHING));
            return export.page(chain, part.from(), part.to(), page);
        });
    }

    private UUID chain(Actor actor, Part part) {
        UUID only = confinedTo(actor, part.tenant());
        UUID asked = part.chain();
        if (asked != null && part.tenant() != null) {
            throw AdminException.invalid("chain: name a chain or a tenant, not both");
        }
        if (asked == null) {
            return only == null ? AuditChain.INSTALLATION : only;
        }
        if (only != null && !only.equals(asked) || chains.find(asked).isEmpty()) {
            throw AdminException.notFound("chain", asked.toString());
        }
        return asked;
    }

    /**
     * Deletes events that are older, step by step; that it was asked to is in the audit first.
     *
     * @param tenant null: the installation's own events
     * @return how many
     */
    public int purge(Actor actor, @Nullable String tenant, Instant before) {
        if (before.isAfter(clock.instant().plus(Duration.ofMinutes(1)))) {
            throw AdminException.invalid("before: lies in the future");
        }
        executor.execute(actor, new AdminCommand.PurgeAudit(tenant, before));
        UUID chain = guarded("purging the audit log", () -> chain(actor, new Part(tenant, null, null, null)));
        int purged = 0;
        int step;
        do {
            step = guarded("purging the audit log", () -> stores.audit().purge(chain, before, STEP));
            purged += step;
        } while (step == STEP);
        return purged;
    }

    private AuditQuery query(Actor actor, AuditFilter f) {
        if (f.action() != null && !ACTION.matcher(f.action()).matches()) {
            throw AdminException.invalid("action: must be a noun as `key`, or an action as `key.revoke`");
        }
        return new AuditQuery(confinedTo(actor, f.tenant()), f.from(), f.to(), f.actor(), f.action(), f.target());
    }

    /** The one tenant whose events the actor may see or asks for; null: all. */
    private @Nullable UUID confinedTo(Actor actor, @Nullable String slug) {
        Permissions.checkTenantReader(actor);
        String asked = slug == null ? access.onlyTenant() : slug;
        if (asked != null) {
            Tenant tenant = access.read(actor, asked);
            return tenant.id();
        }
        if (!actor.admin() && actor.tenantId() == null) {
            throw AdminException.forbidden("the caller is no user of a tenant");
        }
        return actor.admin() ? null : actor.tenantId();
    }

    /** The key that signs: its id and itself, X.509 in base64. */
    public List<String> key(Actor actor) {
        Permissions.checkTenantReader(actor);
        return export.key();
    }
}
