package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.port.AuditStore;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The audit log in the database. */
final class JdbcAuditStore implements AuditStore {
    private static final int DETAIL = 8192;
    private static final NamedSql INSERT = NamedSql.insert(
            "audit_events",
            List.of(
                    "id",
                    "at",
                    "tenant_id",
                    "tenant_slug",
                    "actor_name",
                    "actor_uid",
                    "actor_role",
                    "actor_tenant_id",
                    "actor_user_id",
                    "actor_address",
                    "action",
                    "target",
                    "details"));
    private static final NamedSql LIST =
            NamedSql.of("SELECT * FROM audit_events WHERE seq < :before ORDER BY seq DESC LIMIT :rows");
    private static final NamedSql LIST_OF_TENANT = NamedSql.of("SELECT * FROM audit_events"
            + " WHERE tenant_id = :tenant AND seq < :before ORDER BY seq DESC LIMIT :rows");
    private static final NamedSql PURGE = NamedSql.of("DELETE FROM audit_events WHERE seq IN (SELECT seq"
            + " FROM audit_events WHERE tenant_id = :tenant AND at < :before ORDER BY seq LIMIT :max)");

    private final Sql sql;

    JdbcAuditStore(Sql sql) {
        this.sql = sql;
    }

    private record Numbered(long seq, AuditEvent event) {}

    @Override
    public void append(AuditEvent event) {
        sql.update("writing the audit log", INSERT, params(event));
    }

    @Override
    public Page<AuditEvent> list(@Nullable UUID tenantId, Page.Request request) {
        Params params = Params.of("tenant", tenantId)
                .and("before", Pages.position(request.after(), Long.MAX_VALUE))
                .and("rows", request.limit() + 1);
        List<Numbered> rows = sql.list(
                "reading the audit log",
                tenantId == null ? LIST : LIST_OF_TENANT,
                params,
                row -> new Numbered(row.number("seq"), event(row)));
        return Pages.of(rows, request.limit(), n -> String.valueOf(n.seq)).map(Numbered::event);
    }

    @Override
    public int purge(UUID tenantId, Instant before, int max) {
        Params params = Params.of("tenant", tenantId).and("before", before).and("max", max);
        return sql.update("purging the audit log", PURGE, params);
    }

    private static Params params(AuditEvent event) {
        Actor actor = event.actor();
        Map<String, String> details = new TreeMap<>();
        event.details().forEach((k, v) -> details.put(Texts.clean(k, Texts.LONG), Texts.clean(v, DETAIL)));
        return Params.of("id", event.id())
                .and("at", event.at())
                .and("tenant_id", event.tenantId())
                .and("tenant_slug", event.tenantSlug())
                .and("actor_name", Texts.clean(actor.name(), Texts.LONG))
                .and("actor_uid", actor.uid())
                .and("actor_role", actor.role())
                .and("actor_tenant_id", actor.tenantId())
                .and("actor_user_id", actor.userId())
                .and("actor_address", Texts.clean(actor.address(), Texts.LONG))
                .and("action", Texts.clean(event.action(), Texts.LONG))
                .and("target", Texts.clean(event.target(), Texts.LONG))
                .and("details", details);
    }

    private static AuditEvent event(Row row) throws SQLException {
        Actor actor = new Actor(
                row.text("actor_name"),
                row.integerOrNull("actor_uid"),
                row.constant(Role.class, "actor_role"),
                row.uuidOrNull("actor_tenant_id"),
                row.uuidOrNull("actor_user_id"),
                row.text("actor_address"));
        return new AuditEvent(
                row.uuid("id"),
                row.time("at"),
                row.uuidOrNull("tenant_id"),
                row.textOrNull("tenant_slug"),
                actor,
                row.text("action"),
                row.text("target"),
                row.map("details"));
    }
}
