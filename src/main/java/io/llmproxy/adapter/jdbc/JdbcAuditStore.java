package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.audit.AuditQuery;
import io.llmproxy.port.AuditStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The audit log in the database; docs/adr/021 tells of its chains. */
final class JdbcAuditStore implements AuditStore {
    private static final NamedSql INSERT = NamedSql.insert("audit_events", AuditRows.COLUMNS);
    private static final NamedSql END = NamedSql.of("SELECT MAX(seq) AS seq FROM audit_events");
    static final NamedSql OLDEST = NamedSql.of("SELECT number, hash, at FROM audit_events"
            + " WHERE chain_id = :chain AND number > :after ORDER BY number LIMIT :max");
    static final NamedSql DELETE =
            NamedSql.of("DELETE FROM audit_events WHERE chain_id = :chain AND number <= :number");

    private final Sql sql;
    private final AuditChains chains;

    JdbcAuditStore(Sql sql, AuditChains chains) {
        this.sql = sql;
        this.chains = chains;
    }

    private record Numbered(long seq, AuditEvent event) {}

    @Override
    public void append(AuditEvent event) {
        appendAll(List.of(event));
    }

    @Override
    public void appendAll(List<AuditEvent> events) {
        sql.transactions().inTransaction(() -> {
            Map<UUID, AuditChain.Link> ends = new LinkedHashMap<>();
            List<Params> rows = new ArrayList<>();
            for (AuditEvent given : events) {
                AuditChain.Link link = next(ends, AuditRows.clean(given));
                ends.put(link.chain(), link);
                rows.add(AuditRows.params(link));
            }
            sql.updateAll("writing the audit log", INSERT, rows);
            ends.values().forEach(chains::move);
            return true;
        });
    }

    /** The event behind the last of its chain. */
    private AuditChain.Link next(Map<UUID, AuditChain.Link> ends, AuditEvent event) {
        AuditChain.Link end = ends.get(event.chain());
        if (end != null) {
            return AuditRows.link(end.chain(), end.number() + 1, end.hash(), event);
        }
        AuditChain chain = chains.hold(event.chain(), event.tenantSlug());
        return AuditRows.link(chain.id(), chain.number() + 1, chain.hash(), event);
    }

    @Override
    public Page<AuditEvent> list(AuditQuery query, Page.Request request) {
        Params params = params(query)
                .and("position", Pages.position(request.after(), Long.MAX_VALUE))
                .and("rows", request.limit() + 1);
        return Pages.of(rows(page(query), params), request.limit(), n -> String.valueOf(n.seq))
                .map(Numbered::event);
    }

    static NamedSql page(AuditQuery query) {
        return NamedSql.of(
                "SELECT * FROM audit_events WHERE seq < :position" + filter(query) + " ORDER BY seq DESC LIMIT :rows");
    }

    @Override
    public Page<AuditEvent> follow(AuditQuery query, Page.Request request) {
        long after = Pages.position(request.after(), 0);
        Params params = params(query).and("position", after).and("rows", request.limit());
        NamedSql page = NamedSql.of(
                "SELECT * FROM audit_events WHERE seq > :position" + filter(query) + " ORDER BY seq LIMIT :rows");
        List<Numbered> rows = rows(page, params);
        long next = rows.isEmpty() ? after : rows.getLast().seq;
        return new Page<>(rows, String.valueOf(next)).map(Numbered::event);
    }

    private List<Numbered> rows(NamedSql page, Params params) {
        return sql.list(
                "reading the audit log", page, params, row -> new Numbered(row.number("seq"), AuditRows.event(row)));
    }

    @Override
    public String end() {
        return String.valueOf(sql.first("reading the audit log", END, Params.none(), row -> row.number("seq"))
                .orElse(0L));
    }

    private record Old(long number, String hash, Instant at) {}

    @Override
    public int purge(UUID id, Instant before, int max) {
        return sql.transactions().inTransaction(() -> {
            if (chains.find(id).isEmpty()) {
                return 0;
            }
            AuditChain chain = chains.hold(id, null);
            Params params =
                    Params.of("chain", id).and("after", chain.purgedNumber()).and("max", max);
            List<Old> oldest = sql.list(
                    "purging the audit log",
                    OLDEST,
                    params,
                    row -> new Old(row.number("number"), row.text("hash"), row.time("at")));
            List<Old> old =
                    oldest.stream().takeWhile(o -> o.at.isBefore(before)).toList();
            if (old.isEmpty()) {
                return 0;
            }
            Old last = old.getLast();
            chains.purged(id, last.number, last.hash, before);
            return sql.update(
                    "purging the audit log", DELETE, Params.of("chain", id).and("number", last.number));
        });
    }

    private static String filter(AuditQuery query) {
        List<String> conditions = new ArrayList<>(List.of(""));
        if (query.tenantId() != null) {
            conditions.add("tenant_id = :tenant");
        }
        if (query.from() != null) {
            conditions.add("at >= :from");
        }
        if (query.to() != null) {
            conditions.add("at < :to");
        }
        if (query.actor() != null) {
            conditions.add("actor_name = :actor");
        }
        if (query.action() != null) {
            conditions.add("(action = :action OR action LIKE :noun)");
        }
        if (query.target() != null) {
            conditions.add("target = :target");
        }
        return String.join(" AND ", conditions);
    }

    static Params params(AuditQuery query) {
        return Params.of("tenant", query.tenantId())
                .and("from", query.from())
                .and("to", query.to())
                .and("actor", query.actor())
                .and("action", query.action())
                .and("noun", query.action() + ".%")
                .and("target", query.target());
    }
}
