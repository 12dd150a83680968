package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Choice;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Stickiness;
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
            "sticky",
            "targets",
            "retries",
            "retry_timeouts",
            "timeout_nanos",
            "created_at",
            "updated_at");
    private final OwnedTable<Route> table;

    JdbcRouteStore(Sql sql) {
        this.table = new OwnedTable<>(
                sql,
                "route",
                COLUMNS,
                JdbcRouteStore::route,
                JdbcRouteStore::params,
                r -> OwnedTable.place(r.name(), r.shared()));
    }

    @Override
    public void insert(Route route) {
        table.insert(route);
    }

    @Override
    public void update(Route route) {
        table.update(route);
    }

    @Override
    public void delete(UUID id) {
        table.delete(id);
    }

    @Override
    public Optional<Route> find(@Nullable UUID tenantId, String nameOrId) {
        return table.find(tenantId, nameOrId);
    }

    @Override
    public Page<Route> list(@Nullable UUID tenantId, boolean withShared, Page.Request request) {
        return table.list(tenantId, withShared, request);
    }

    @Override
    public List<Route> all(@Nullable UUID tenantId) {
        return table.all(tenantId);
    }

    private static Params params(Route route) {
        RouteMatch match = route.match();
        Duration timeout = route.timeout();
        Stickiness sticky = route.choice().sticky();
        return Params.of("id", route.id())
                .and("tenant_id", route.tenantId())
                .and("owner", OwnedTable.owner(route.tenantId()))
                .and("name", route.name())
                .and("match_path", pattern(match.path()))
                .and("match_headers", patterns(match.headers()))
                .and("match_host", pattern(match.host()))
                .and("match_user", pattern(match.user()))
                .and("match_labels", patterns(match.labels()))
                .and("strategy", route.choice().strategy())
                .and("sticky", sticky == null ? null : sticky.word())
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
                choice(row),
                row.texts("targets").stream()
                        .map(text -> Target.parse("targets", text))
                        .toList(),
                row.integer("retries"),
                row.flag("retry_timeouts"),
                timeout == null ? null : Duration.ofNanos(timeout),
                row.time("created_at"),
                row.time("updated_at"));
    }

    private static Choice choice(Row row) throws SQLException {
        String sticky = row.textOrNull("sticky");
        return new Choice(
                row.constant(BalancePolicy.class, "strategy"),
                sticky == null ? null : Stickiness.parse("sticky", sticky));
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
