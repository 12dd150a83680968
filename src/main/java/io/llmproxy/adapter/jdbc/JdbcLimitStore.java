package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.LimitStore;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Limits in the table {@code limits}. */
final class JdbcLimitStore implements LimitStore {
    private static final List<String> COLUMNS = List.of(
            "id",
            "tenant_id",
            "identity",
            "scope",
            "subject",
            "metric",
            "amount",
            "period",
            "algorithm",
            "segments",
            "mode",
            "origin",
            "created_at",
            "updated_at");
    private static final NamedSql INSERT = NamedSql.insert("limits", COLUMNS);
    private static final String SET =
            "UPDATE limits SET amount = :amount, algorithm = :algorithm, segments = :segments,"
                    + " mode = :mode, updated_at = :updated_at";
    private static final NamedSql UPDATE = NamedSql.of(SET + " WHERE identity = :identity");
    private static final NamedSql RENAME =
            NamedSql.of(SET + ", identity = :identity, subject = :subject WHERE id = :id");
    private static final NamedSql BY_IDENTITY = NamedSql.of("SELECT * FROM limits WHERE identity = :identity");
    private static final NamedSql BY_ID = NamedSql.of("SELECT * FROM limits WHERE id = :id");
    private static final NamedSql DELETE = NamedSql.of("DELETE FROM limits WHERE id = :id");
    private static final NamedSql OF_TENANT = NamedSql.of("SELECT * FROM limits WHERE tenant_id = :tenant ORDER BY id");
    private static final NamedSql OF_NOBODY = NamedSql.of("SELECT * FROM limits WHERE tenant_id IS NULL ORDER BY id");

    private final Sql sql;

    JdbcLimitStore(Sql sql) {
        this.sql = sql;
    }

    @Override
    public Limit put(Limit limit, Instant now) {
        Params params = params(limit, now);
        if (sql.update("changing a limit", RENAME, params) > 0) {
            return limit;
        }
        if (sql.update("changing a limit", UPDATE, params) == 0) {
            sql.update("adding a limit", INSERT, params);
            return limit;
        }
        return sql.first("finding a limit", BY_IDENTITY, params, JdbcLimitStore::limit)
                .orElse(limit);
    }

    @Override
    public Optional<Limit> find(UUID id) {
        return sql.first("finding a limit", BY_ID, Params.of("id", id), JdbcLimitStore::limit);
    }

    @Override
    public void delete(UUID id) {
        sql.update("deleting a limit", DELETE, Params.of("id", id));
    }

    @Override
    public List<Limit> list(@Nullable UUID tenantId) {
        return tenantId == null
                ? sql.list("listing limits", OF_NOBODY, Params.none(), JdbcLimitStore::limit)
                : sql.list("listing limits", OF_TENANT, Params.of("tenant", tenantId), JdbcLimitStore::limit);
    }

    private static Params params(Limit limit, Instant now) {
        return Params.of("id", UUID.fromString(limit.id()))
                .and("tenant_id", limit.tenantId())
                .and("identity", limit.identity())
                .and("scope", limit.scope())
                .and("subject", limit.subject())
                .and("metric", limit.metric())
                .and("amount", limit.amount())
                .and("period", limit.period())
                .and("algorithm", limit.algorithm())
                .and("segments", limit.segments())
                .and("mode", limit.mode())
                .and("origin", limit.origin())
                .and("created_at", now)
                .and("updated_at", now);
    }

    static Limit limit(Row row) throws SQLException {
        return new Limit(
                row.uuid("id").toString(),
                row.uuidOrNull("tenant_id"),
                row.constant(LimitScope.class, "scope"),
                row.textOrNull("subject"),
                row.constant(LimitMetric.class, "metric"),
                row.number("amount"),
                row.constant(LimitPeriod.class, "period"),
                row.constant(LimitAlgorithm.class, "algorithm"),
                row.integer("segments"),
                row.constant(LimitMode.class, "mode"),
                row.constant(LimitOrigin.class, "origin"),
                ZoneOffset.UTC);
    }
}
