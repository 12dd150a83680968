package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Target;
import io.llmproxy.port.RouteStore;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Routes in the table {@code routes}. */
final class JdbcRouteStore implements RouteStore {
    /** The owner of routes of all tenants: a unique key takes every NULL for another value. */
    private static final UUID NOBODY = new UUID(0, 0);

    private static final List<String> COLUMNS = List.of(
            "id",
            "tenant_id",
            "owner",
            "name",
            "match_path",
            "match_headers",
            "match_host",
            "match_user",
            "match_labels",
            "strategy",
            "targets",
            "retries",
            "retry_timeouts",
            "timeout_nanos",
            "created_at",
            "updated_at");
    private static final NamedSql INSERT = NamedSql.insert("routes", COLUMNS);
    private static final NamedSql UPDATE = NamedSql.update("routes", COLUMNS.subList(1, COLUMNS.size()));
    private static final NamedSql DELETE = NamedSql.of("DELETE FROM routes WHERE id = :id");
    private static final NamedSql BY_NAME = NamedSql.of("SELECT * FROM routes WHERE owner = :owner AND name = :name");
    private static final NamedSql BY_ID = NamedSql.of("SELECT * FROM routes WHERE owner = :owner AND id = :id");
    private static final NamedSql ALL = NamedSql.of("SELECT * FROM routes WHERE owner = :owner ORDER BY id");

    private final Sql sql;
    private final NamedSql page;

    JdbcRouteStore(Sql sql) {
        this.sql = sql;
        String name = sql.dialect().bytewise("name");
        String rank = "CASE WHEN tenant_id IS NULL THEN 1 ELSE 0 END";
        this.page = NamedSql.of("SELECT * FROM routes WHERE (owner = :owner OR owner = :other) AND (" + name
                + " > :name OR name = :name AND " + rank + " > :rank) ORDER BY " + name + ", " + rank
                + " LIMIT :rows");
    }

    @Override
    public void insert(Route route) {
        sql.update("adding a route", INSERT, params(route));
    }

    @Override
    public void update(Route route) {
        sql.update("changing a route", UPDATE, params(route));
    }

    @Override
    public void delete(UUID id) {
        sql.update("deleting a route", DELETE, Params.of("id", id));
    }

    @Override
    public Optional<Route> find(@Nullable UUID tenantId, String nameOrId) {
        Params params = Params.of("owner", owner(tenantId)).and("name", nameOrId);
        Optional<Route> named = sql.first("finding a route", BY_NAME, params, JdbcRouteStore::route);
        if (named.isPresent() || !Ids.isUuid(nameOrId)) {
            return named;
        }
        params.and("id", UUID.fromString(nameOrId));
        return sql.first("finding a route", BY_ID, params, JdbcRouteStore::route);
    }

    @Override
    public Page<Route> list(@Nullable UUID tenantId, boolean withShared, Page.Request request) {
        Cursor after = Cursor.parse(request.after());
        Params params = Params.of("owner", owner(tenantId))
                .and("other", withShared ? NOBODY : owner(tenantId))
                .and("name", after.name)
                .and("rank", after.rank)
                .and("rows", request.limit() + 1);
        return Pages.of(sql.list("listing routes", page, params, JdbcRouteStore::route), request.limit(), Cursor::of);
    }

    @Override
    public List<Route> all(@Nullable UUID tenantId) {
        return sql.list("listing routes", ALL, Params.of("owner", owner(tenantId)), JdbcRouteStore::route);
    }

    private static UUID owner(@Nullable UUID tenantId) {
        return tenantId == null ? NOBODY : tenantId;
    }

    /** A place in a list in which an own and a shared route may have one name; names hold no colon. */
    private record Cursor(String name, int rank) {
        static String of(Route route) {
            return route.name() + ":" + (route.shared() ? 1 : 0);
        }

        static Cursor parse(@Nullable String text) {
            if (text == null) {
                return new Cursor("", 1);
            }
            if (!text.endsWith(":0") && !text.endsWith(":1")) {
                throw new InvalidValueException("cursor", "is none that this list gave out");
            }
            return new Cursor(text.substring(0, text.length() - 2), text.charAt(text.length() - 1) - '0');
        }
    }

    private static Params params(Route route) {
        RouteMatch match = route.match();
        Duration timeout = route.timeout();
        return Params.of("id", route.id())
                .and("tenant_id", route.tenantId())
                .and("owner", owner(route.tenantId()))
                .and("name", route.name())
                .and("match_path", pattern(match.path()))
                .and("match_headers", patterns(match.headers()))
                .and("match_host", pattern(match.host()))
                .and("match_user", pattern(match.user()))
                .and("match_labels", patterns(match.labels()))
                .and("strategy", route.strategy())
                .and("targets", route.targets().stream().map(Target::toString).toList())
                .and("retries", route.retries())
                .and("retry_timeouts", route.retryTimeouts())
                .and("timeout_nanos", timeout == null ? null : timeout.toNanos())
                .and("created_at", route.createdAt())
                .and("updated_at", route.updatedAt());
    }

    private static @Nullable String pattern(@Nullable Glob glob) {
        return glob == null ? null : glob.pattern();
    }

    private static Map<String, String> patterns(Map<String, Glob> globs) {
        return globs.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().pattern()));
    }

    static Route route(Row row) throws SQLException {
        Long timeout = row.numberOrNull("timeout_nanos");
        return new Route(
                row.uuid("id"),
                row.uuidOrNull("tenant_id"),
                row.text("name"),
                new RouteMatch(
                        glob(row, "match_path"),
                        globs(row, "match_headers"),
                        glob(row, "match_host"),
                        glob(row, "match_user"),
                        globs(row, "match_labels")),
                row.constant(BalancePolicy.class, "strategy"),
                row.texts("targets").stream()
                        .map(text -> Target.parse("targets", text))
                        .toList(),
                row.integer("retries"),
                row.flag("retry_timeouts"),
                timeout == null ? null : Duration.ofNanos(timeout),
                row.time("created_at"),
                row.time("updated_at"));
    }

    private static @Nullable Glob glob(Row row, String column) throws SQLException {
        String pattern = row.textOrNull(column);
        return pattern == null ? null : new Glob(pattern);
    }

    private static Map<String, Glob> globs(Row row, String column) throws SQLException {
        return row.map(column).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> new Glob(e.getValue())));
    }
}
