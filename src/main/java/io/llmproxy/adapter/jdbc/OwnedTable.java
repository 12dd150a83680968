package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A table of what belongs to one tenant or is shared by all, and has a name of its own among what has the same owner: columns
 * {@code id}, {@code tenant_id}, {@code owner}, {@code name}, and others. Thread-safe.
 */
final class OwnedTable<T> {
    /** The owner of what is shared: a unique key takes every NULL for another value. */
    private static final UUID NOBODY = new UUID(0, 0);

    private final Sql sql;
    private final String noun;
    private final Row.Mapper<T> mapper;
    private final Function<T, Params> params;
    private final Function<T, String> place;
    private final NamedSql insert;
    private final NamedSql update;
    private final NamedSql delete;
    private final NamedSql byName;
    private final NamedSql byId;
    private final NamedSql all;
    private final NamedSql page;

    /**
     * @param noun what a row is; the table's name is its plural
     * @param columns all of them, {@code id} first
     * @param params the values of all columns
     * @param place {@link #place} of what was read
     */
    OwnedTable(
            Sql sql,
            String noun,
            List<String> columns,
            Row.Mapper<T> mapper,
            Function<T, Params> params,
            Function<T, String> place) {
        this.sql = sql;
        this.noun = noun;
        this.mapper = mapper;
        this.params = params;
        this.place = place;
        String table = noun + "s";
        String owned = "SELECT * FROM " + table + " WHERE owner = :owner";
        this.insert = NamedSql.insert(table, columns);
        this.update = NamedSql.update(table, columns.subList(1, columns.size()));
        this.delete = NamedSql.of("DELETE FROM " + table + " WHERE id = :id");
        this.byName = NamedSql.of(owned + " AND name = :name");
        this.byId = NamedSql.of(owned + " AND id = :id");
        this.all = NamedSql.of(owned + " ORDER BY id");
        String name = sql.dialect().bytewise("name");
        String rank = "CASE WHEN tenant_id IS NULL THEN 1 ELSE 0 END";
        this.page = NamedSql.of("SELECT * FROM " + table + " WHERE (owner = :owner OR owner = :other) AND (" + name
                + " > :name OR name = :name AND " + rank + " > :rank) ORDER BY " + name + ", " + rank
                + " LIMIT :rows");
    }

    /** What the column {@code owner} holds. */
    static UUID owner(@Nullable UUID tenantId) {
        return tenantId == null ? NOBODY : tenantId;
    }

    /** A place in a list in which an own and a shared row may have one name; names hold no colon. */
    static String place(String name, boolean shared) {
        return name + ":" + (shared ? 1 : 0);
    }

    void insert(T row) {
        sql.update("adding a " + noun, insert, params.apply(row));
    }

    void update(T row) {
        sql.update("changing a " + noun, update, params.apply(row));
    }

    void delete(UUID id) {
        sql.update("deleting a " + noun, delete, Params.of("id", id));
    }

    /** By its name, or else by its id. */
    Optional<T> find(@Nullable UUID tenantId, String nameOrId) {
        String doing = "finding a " + noun;
        Params wanted = Params.of("owner", owner(tenantId)).and("name", nameOrId);
        Optional<T> named = sql.first(doing, byName, wanted, mapper);
        if (named.isPresent() || !Ids.isUuid(nameOrId)) {
            return named;
        }
        wanted.and("id", UUID.fromString(nameOrId));
        return sql.first(doing, byId, wanted, mapper);
    }

    /** In the order of the names, a tenant's own before a shared one of the same name. */
    Page<T> list(@Nullable UUID tenantId, boolean withShared, Page.Request request) {
        String after = request.after() == null ? ":1" : request.after();
        if (!after.endsWith(":0") && !after.endsWith(":1")) {
            throw new InvalidValueException("cursor", "is none that this list gave out");
        }
        int end = after.length() - 2;
        Params wanted = Params.of("owner", owner(tenantId))
                .and("other", withShared ? NOBODY : owner(tenantId))
                .and("name", after.substring(0, end))
                .and("rank", after.charAt(end + 1) - '0')
                .and("rows", request.limit() + 1);
        return Pages.of(sql.list("listing " + noun + "s", page, wanted, mapper), request.limit(), place);
    }

    List<T> all(@Nullable UUID tenantId) {
        return sql.list("listing " + noun + "s", all, Params.of("owner", owner(tenantId)), mapper);
    }
}
