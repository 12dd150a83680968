package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.User;
import io.llmproxy.port.UserStore;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/** Users in the database. */
final class JdbcUserStore implements UserStore {
    private static final List<String> COLUMNS =
            List.of("id", "tenant_id", "email", "name", "role", "enabled", "created_at", "updated_at");
    private static final NamedSql INSERT = NamedSql.insert("users", COLUMNS);
    private static final NamedSql UPDATE = NamedSql.update("users", COLUMNS.subList(1, COLUMNS.size()));
    private static final NamedSql DELETE = NamedSql.of("DELETE FROM users WHERE id = :id");
    private static final NamedSql BY_EMAIL =
            NamedSql.of("SELECT * FROM users WHERE tenant_id = :tenant AND email = :email");
    private static final NamedSql BY_ID = NamedSql.of("SELECT * FROM users WHERE tenant_id = :tenant AND id = :id");
    private static final NamedSql COUNT = NamedSql.of("SELECT COUNT(*) AS n FROM users WHERE tenant_id = :tenant");

    private final Sql sql;
    private final NamedSql page;

    JdbcUserStore(Sql sql) {
        this.sql = sql;
        String email = sql.dialect().bytewise("email");
        this.page = NamedSql.of("SELECT * FROM users WHERE tenant_id = :tenant AND " + email + " > :after ORDER BY "
                + email + " LIMIT :rows");
    }

    @Override
    public void insert(User user) {
        sql.update("adding a user", INSERT, params(user));
    }

    @Override
    public void update(User user) {
        sql.update("changing a user", UPDATE, params(user));
    }

    @Override
    public void delete(UUID id) {
        sql.update("deleting a user", DELETE, Params.of("id", id));
    }

    @Override
    public Optional<User> find(UUID tenantId, String emailOrId) {
        Params params = Params.of("tenant", tenantId);
        if (Ids.isUuid(emailOrId)) {
            params.and("id", UUID.fromString(emailOrId));
            return sql.first("finding a user", BY_ID, params, JdbcUserStore::user);
        }
        params.and("email", emailOrId.toLowerCase(Locale.ROOT));
        return sql.first("finding a user", BY_EMAIL, params, JdbcUserStore::user);
    }

    @Override
    public int count(UUID tenantId) {
        return sql.first("counting users", COUNT, Params.of("tenant", tenantId), row -> row.integer("n"))
                .orElse(0);
    }

    @Override
    public Page<User> list(UUID tenantId, Page.Request request) {
        Params params = Params.of("tenant", tenantId)
                .and("after", request.after() == null ? "" : request.after())
                .and("rows", request.limit() + 1);
        return Pages.of(sql.list("listing users", page, params, JdbcUserStore::user), request.limit(), User::email);
    }

    private static Params params(User user) {
        return Params.of("id", user.id())
                .and("tenant_id", user.tenantId())
                .and("email", user.email())
                .and("name", user.name())
                .and("role", user.role())
                .and("enabled", user.enabled())
                .and("created_at", user.createdAt())
                .and("updated_at", user.updatedAt());
    }

    static User user(Row row) throws SQLException {
        return new User(
                row.uuid("id"),
                row.uuid("tenant_id"),
                row.text("email"),
                row.textOrNull("name"),
                row.constant(Role.class, "role"),
                row.flag("enabled"),
                row.time("created_at"),
                row.time("updated_at"));
    }
}
