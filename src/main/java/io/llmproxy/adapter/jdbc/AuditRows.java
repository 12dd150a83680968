package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.audit.CanonicalForm;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Events of the audit as rows. What is hashed is what the row gives back: events are made fit for it first. */
final class AuditRows {
    static final List<String> COLUMNS = List.of(
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
            "old_values",
            "details",
            "chain_id",
            "number",
            "hash");
    private static final int DETAIL = 8192;
    private static final int SLUG = 63;

    private AuditRows() {}

    /** The event in its place, with its hash. */
    static AuditChain.Link link(UUID chain, long number, String previous, AuditEvent event) {
        return new AuditChain.Link(chain, number, previous, hash(chain, number, previous, event), event);
    }

    /** SHA-256 in hexadecimal over the canonical form. */
    static String hash(UUID chain, long number, String previous, AuditEvent event) {
        String form = CanonicalForm.of(chain, number, previous, event);
        return HexFormat.of().formatHex(BlockCoding.digest(form.getBytes(StandardCharsets.UTF_8)));
    }

    static AuditEvent clean(AuditEvent event) {
        Actor a = event.actor();
        Actor actor = new Actor(
                Texts.clean(a.name(), Texts.LONG),
                a.uid(),
                a.role(),
                a.tenantId(),
                a.userId(),
                Texts.clean(a.address(), Texts.LONG));
        return new AuditEvent(
                event.id(),
                event.at().truncatedTo(ChronoUnit.MICROS),
                event.tenantId(),
                Texts.cleanOrNull(event.tenantSlug(), SLUG),
                actor,
                Texts.clean(event.action(), Texts.LONG),
                Texts.clean(event.target(), Texts.LONG),
                clean(event.before()),
                clean(event.details()));
    }

    private static Map<String, String> clean(Map<String, String> values) {
        Map<String, String> clean = new TreeMap<>();
        values.forEach((name, value) -> clean.put(Texts.clean(name, Texts.LONG), Texts.clean(value, DETAIL)));
        return clean;
    }

    static Params params(AuditChain.Link link) {
        AuditEvent event = link.event();
        Actor actor = event.actor();
        return Params.of("id", event.id())
                .and("at", event.at())
                .and("tenant_id", event.tenantId())
                .and("tenant_slug", event.tenantSlug())
                .and("actor_name", actor.name())
                .and("actor_uid", actor.uid())
                .and("actor_role", actor.role())
                .and("actor_tenant_id", actor.tenantId())
                .and("actor_user_id", actor.userId())
                .and("actor_address", actor.address())
                .and("action", event.action())
                .and("target", event.target())
                .and("old_values", new TreeMap<>(event.before()))
                .and("details", new TreeMap<>(event.details()))
                .and("chain_id", link.chain())
                .and("number", link.number())
                .and("hash", link.hash());
    }

    static AuditEvent event(Row row) throws SQLException {
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
                row.map("old_values"),
                row.map("details"));
    }
}
