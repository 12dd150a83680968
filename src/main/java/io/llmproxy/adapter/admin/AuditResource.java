package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AuditFilter;
import io.llmproxy.admin.AuditQueries;
import io.llmproxy.admin.RequestAudit;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.wire.admin.AuditEventJson;
import io.llmproxy.wire.admin.PageJson;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/audit}: what was administered. */
final class AuditResource {
    private static final String END = "end";
    /** So much may clocks differ. */
    private static final Duration FUTURE = Duration.ofMinutes(1);

    private final AuditQueries queries;
    private final RequestAudit requests;
    private final Runnable flushLedger;
    private final Runnable flushBodies;
    private final InstantSource clock;

    AuditResource(
            AuditQueries queries,
            RequestAudit requests,
            Runnable flushLedger,
            Runnable flushBodies,
            InstantSource clock) {
        this.queries = queries;
        this.flushLedger = flushLedger;
        this.flushBodies = flushBodies;
        this.requests = requests;
        this.clock = clock;
    }

    List<AdminRoute> routes() {
        return List.of(
                route("GET", "/api/v1/audit/events", this::events)
                        .taking("tenant", "from", "to", "actor", "action", "target", "limit", "cursor", "tail")
                        .forTenantAdmins(),
                route("GET", "/api/v1/audit/chains", this::chains).paged().forTenantAdmins(),
                route("GET", "/api/v1/audit/key", this::key).forTenantAdmins(),
                route("GET", "/api/v1/audit/export", this::export)
                        .taking("tenant", "chain", "from", "to", "limit", "cursor")
                        .forTenantAdmins(),
                route("POST", "/api/v1/audit/purge", this::purge));
    }

    private Answer events(AdminRequest r) {
        AuditFilter filter = new AuditFilter(
                r.query("tenant"),
                moment(r, "from"),
                moment(r, "to"),
                r.query("actor"),
                r.query("action"),
                r.query("target"));
        if (r.flag("tail")) {
            if (END.equals(r.query("cursor"))) {
                return Answer.ok(new PageJson<>(List.of(), Cursors.encode(queries.end(r.actor(), filter))));
            }
            return page(queries.follow(r.actor(), filter, r.page()));
        }
        return page(queries.events(r.actor(), filter, r.page()));
    }

    private static Answer page(Page<AuditEvent> page) {
        return Answer.ok(new PageJson<>(page.map(AuditResource::json).items(), Cursors.encode(page.next())));
    }

    private Answer chains(AdminRequest r) {
        Page<AuditChain> page = queries.chains(r.actor(), r.page());
        return Answer.ok(new PageJson<>(
                page.map(c -> new AuditEventJson.Chain(
                                c.id().toString(), c.tenantSlug(), c.number(), c.purgedNumber(), c.hash()))
                        .items(),
                Cursors.encode(page.next())));
    }

    private Answer key(AdminRequest r) {
        List<String> key = queries.key(r.actor());
        return Answer.ok(new AuditEventJson.Key(key.getFirst(), key.getLast()));
    }

    private Answer export(AdminRequest r) {
        AuditQueries.Part part =
                new AuditQueries.Part(r.query("tenant"), chain(r.query("chain")), moment(r, "from"), moment(r, "to"));
        Page<Map<String, Object>> page = queries.export(r.actor(), part, r.page());
        return Answer.ok(new PageJson<>(page.items(), Cursors.encode(page.next())));
    }

    private static @Nullable UUID chain(@Nullable String text) {
        if (text == null) {
            return null;
        }
        if (!Ids.isUuid(text)) {
            throw Problem.invalid("chain: must be an id, as `llmproxyctl audit verify` shows it");
        }
        return UUID.fromString(text);
    }

    private Answer purge(AdminRequest r) {
        Body body = r.body().only("tenant", "before", "requests");
        Instant before = Moments.parse("before", body.required("before", Body::text), clock.instant());
        if (before == null) {
            throw Problem.invalid("before: must be a time, a date, or a duration that means so long ago");
        }
        String tenant = body.value("tenant", Body::text);
        flushBodies.run(); // or what was answered a moment ago would stay
        if (Boolean.TRUE.equals(body.value("requests", Body::bool))) {
            if (before.isAfter(clock.instant().plus(FUTURE))) {
                throw Problem.invalid("before: lies in the future");
            }
            flushLedger.run();
            RequestAudit.Purged purged = requests.purgeRequests(r.actor(), tenant, before);
            return Answer.ok(new AuditEventJson.Purged(0, purged.bodies(), purged.records()));
        }
        int events = queries.purge(r.actor(), tenant, before);
        return Answer.ok(new AuditEventJson.Purged(events, requests.purge(r.actor(), tenant, before), 0));
    }

    private @Nullable Instant moment(AdminRequest r, String name) {
        return Moments.parse(name, r.query(name), clock.instant());
    }

    static AuditEventJson json(AuditEvent e) {
        return new AuditEventJson(
                e.id().toString(),
                Shapes.time(e.at()),
                e.tenantSlug(),
                e.actor().name(),
                e.actor().uid(),
                e.actor().role().word(),
                e.actor().address(),
                e.action(),
                e.target(),
                new TreeMap<>(e.before()),
                new TreeMap<>(e.details()));
    }
}
