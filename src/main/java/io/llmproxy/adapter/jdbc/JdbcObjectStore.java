package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import io.llmproxy.port.ObjectStore;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Whose the stored objects are, in the database. */
final class JdbcObjectStore implements ObjectStore {
    private static final List<String> COLUMNS =
            List.of("provider_id", "kind", "object_id", "tenant_id", "created_at", "expires_at");
    private static final NamedSql INSERT =
            NamedSql.insert("stored_objects", COLUMNS).and(" ON CONFLICT DO NOTHING");
    private static final NamedSql FIND = NamedSql.of("SELECT * FROM stored_objects WHERE tenant_id = :tenant"
            + " AND kind = :kind AND object_id = :id ORDER BY created_at DESC, provider_id");
    private static final NamedSql COUNT = NamedSql.of("SELECT COUNT(*) AS n FROM stored_objects"
            + " WHERE tenant_id = :tenant AND provider_id = :provider AND kind = :kind");
    private static final NamedSql FORGET = NamedSql.of("DELETE FROM stored_objects WHERE tenant_id = :tenant"
            + " AND provider_id = :provider AND kind = :kind AND object_id = :id");
    private static final NamedSql EXPIRED = NamedSql.of("SELECT * FROM stored_objects WHERE tenant_id = :tenant"
            + " AND expires_at < :now ORDER BY expires_at LIMIT :rows");
    private static final NamedSql CHECK = NamedSql.of("SELECT 1 AS n");
    private static final int STEP = 100;
    private static final NamedSql OWNED = NamedSql.of("SELECT object_id FROM stored_objects WHERE tenant_id = :tenant"
            + " AND provider_id = :provider AND kind = :kind AND object_id IN ("
            + IntStream.range(0, STEP).mapToObj(i -> ":" + name(i)).collect(Collectors.joining(", "))
            + ")");

    private final Sql sql;

    JdbcObjectStore(Sql sql) {
        this.sql = sql;
    }

    /** A parameter's name, which has no digits. */
    private static String name(int i) {
        return "id_" + (char) ('a' + i / 10) + (char) ('a' + i % 10);
    }

    @Override
    public boolean keep(StoredObject object) {
        return sql.update("keeping whose an object is", INSERT, params(object)) > 0
                || !owned(object.tenantId(), object.providerId(), object.kind(), List.of(object.id()))
                        .isEmpty();
    }

    @Override
    public void keepAll(List<StoredObject> objects) {
        sql.updateAll(
                "keeping whose objects are",
                INSERT,
                objects.stream().map(JdbcObjectStore::params).toList());
    }

    private static Params params(StoredObject object) {
        return Params.of("provider_id", object.providerId())
                .and("kind", object.kind())
                .and("object_id", object.id())
                .and("tenant_id", object.tenantId())
                .and("created_at", object.createdAt())
                .and("expires_at", object.expiresAt());
    }

    @Override
    public List<StoredObject> find(UUID tenantId, ObjectKind kind, String id) {
        Params params = Params.of("tenant", tenantId).and("kind", kind).and("id", id);
        return sql.list("finding a stored object", FIND, params, JdbcObjectStore::object);
    }

    @Override
    public Set<String> owned(UUID tenantId, UUID providerId, ObjectKind kind, Collection<String> ids) {
        Set<String> found = new HashSet<>();
        List<String> all = new ArrayList<>(ids);
        for (int from = 0; from < all.size(); from += STEP) {
            Params params = params(tenantId, providerId, kind);
            for (int i = 0; i < STEP; i++) {
                params.and(name(i), all.get(Math.min(from + i, all.size() - 1)));
            }
            found.addAll(sql.list("finding stored objects", OWNED, params, row -> row.text("object_id")));
        }
        return found;
    }

    @Override
    public int count(UUID tenantId, UUID providerId, ObjectKind kind) {
        return sql.first("counting stored objects", COUNT, params(tenantId, providerId, kind), row ->
                        (int) Math.min(Integer.MAX_VALUE, row.number("n")))
                .orElse(0);
    }

    @Override
    public void forget(UUID tenantId, UUID providerId, ObjectKind kind, String id) {
        sql.update(
                "forgetting a stored object",
                FORGET,
                params(tenantId, providerId, kind).and("id", id));
    }

    @Override
    public int purge(UUID tenantId, Instant now, int max) {
        Params params = Params.of("tenant", tenantId).and("now", now).and("rows", max);
        List<StoredObject> expired = sql.list("finding old objects", EXPIRED, params, JdbcObjectStore::object);
        List<Params> rows = expired.stream()
                .map(o -> params(tenantId, o.providerId(), o.kind()).and("id", o.id()))
                .toList();
        return rows.isEmpty() ? 0 : sql.updateAll("forgetting old objects", FORGET, rows);
    }

    @Override
    public void check() {
        sql.first("asking whether the database is there", CHECK, Params.none(), row -> row.integer("n"));
    }

    private static Params params(UUID tenantId, UUID providerId, ObjectKind kind) {
        return Params.of("tenant", tenantId).and("provider", providerId).and("kind", kind);
    }

    private static StoredObject object(Row row) throws SQLException {
        return new StoredObject(
                row.uuid("provider_id"),
                row.constant(ObjectKind.class, "kind"),
                row.text("object_id"),
                row.uuid("tenant_id"),
                row.time("created_at"),
                row.timeOrNull("expires_at"));
    }
}
