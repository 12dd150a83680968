package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.UsageStore;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The ledger in the database. */
final class JdbcUsageStore implements UsageStore {
    private static final NamedSql APPEND =
            NamedSql.insert("usage_records", UsageRows.COLUMNS).and(" ON CONFLICT DO NOTHING");
    private static final NamedSql HOLD_HEAD = NamedSql.of("SELECT id FROM usage_head WHERE id = 1 FOR UPDATE");
    private static final NamedSql END = NamedSql.of("SELECT MAX(seq) AS n FROM usage_records");
    private static final NamedSql PURGE = NamedSql.of("DELETE FROM usage_records WHERE seq IN (SELECT seq"
            + " FROM usage_records WHERE tenant_id = :tenant AND started_at < :before ORDER BY started_at LIMIT :max)");
    private static final String SUMS = "COUNT(*) AS requests,"
            + " SUM(CASE WHEN outcome IN ('REFUSED', 'FAILED', 'CUT') OR status >= 400 THEN 1 ELSE 0 END) AS errors,"
            + " SUM(input_tokens) AS input_sum, SUM(output_tokens) AS output_sum,"
            + " SUM(cached_input_tokens) AS cached_sum, SUM(cache_write_tokens) AS cache_write_sum,"
            + " SUM(reasoning_tokens) AS reasoning_sum";

    private final Sql sql;

    JdbcUsageStore(Sql sql) {
        this.sql = sql;
    }

    private record Numbered(long seq, UsageRecord record) {}

    @Override
    public int append(List<UsageRecord> records) {
        if (records.isEmpty()) {
            return 0;
        }
        List<Params> rows = records.stream().map(UsageRows::params).toList();
        return sql.transactions().inTransaction(() -> {
            sql.first("holding the ledger", HOLD_HEAD, Params.none(), row -> row.integer("id"));
            return sql.updateAll("writing the ledger", APPEND, rows);
        });
    }

    @Override
    public List<UsageQuery.Row> report(UsageQuery query, List<UsageQuery.Dimension> by) {
        String groups = by.stream().map(JdbcUsageStore::expression).collect(Collectors.joining(", "));
        StringBuilder text = new StringBuilder("SELECT ");
        for (int i = 0; i < by.size(); i++) {
            text.append(expression(by.get(i))).append(" AS g").append(i).append(", ");
        }
        text.append(SUMS).append(" FROM usage_records WHERE ").append(filter(query));
        if (!by.isEmpty()) {
            text.append(" GROUP BY ").append(groups);
        }
        List<UsageQuery.Row> rows = new ArrayList<>(
                sql.list("reporting usage", NamedSql.of(text.toString()), params(query), row -> sums(row, by.size())));
        // not by the database, whose order of texts depends on its locale
        rows.sort(Comparator.comparing(UsageQuery.Row::group, JdbcUsageStore::compare));
        return rows;
    }

    @Override
    public List<UsageQuery.Sum> sums(@Nullable Instant from) {
        String of = "tenant_id, user_id, key_id, provider, requested_model, upstream_model, endpoint";
        NamedSql sums = NamedSql.of("SELECT " + of + ", COUNT(*) AS requests, SUM(input_tokens) AS input_tokens,"
                + " SUM(output_tokens) AS output_tokens FROM usage_records WHERE outcome <> 'REFUSED'"
                + (from == null ? "" : " AND started_at >= :from") + " GROUP BY " + of);
        return sql.list(
                "summing up the ledger",
                sums,
                Params.of("from", from),
                row -> new UsageQuery.Sum(
                        row.uuid("tenant_id"),
                        row.uuidOrNull("user_id"),
                        row.uuid("key_id"),
                        row.textOrNull("provider"),
                        row.textOrNull("requested_model"),
                        row.textOrNull("upstream_model"),
                        row.text("endpoint"),
                        row.number("requests"),
                        row.number("input_tokens"),
                        row.number("output_tokens")));
    }

    @Override
    public Page<UsageRecord> list(UsageQuery query, Page.Request request) {
        NamedSql page = NamedSql.of(
                "SELECT * FROM usage_records WHERE " + filter(query) + " AND seq > :after ORDER BY seq LIMIT :rows");
        Params params =
                params(query).and("after", Pages.position(request.after(), 0)).and("rows", request.limit() + 1);
        List<Numbered> rows = sql.list(
                "reading the ledger", page, params, row -> new Numbered(row.number("seq"), UsageRows.record(row)));
        return Pages.of(rows, request.limit(), n -> String.valueOf(n.seq)).map(Numbered::record);
    }

    @Override
    public String end() {
        return String.valueOf(sql.first("reading the ledger", END, Params.none(), row -> row.number("n"))
                .orElse(0L));
    }

    @Override
    public int purge(UUID tenantId, Instant before, int max) {
        Params params = Params.of("tenant", tenantId).and("before", before).and("max", max);
        return sql.update("purging the ledger", PURGE, params);
    }

    private static String expression(UsageQuery.Dimension dimension) {
        return switch (dimension) {
            case TENANT -> "tenant_slug";
            case USER -> "user_email";
            case KEY -> "key_name";
            case MODEL -> "requested_model";
            case PROVIDER -> "provider";
            case DAY -> "TO_CHAR(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')";
        };
    }

    private static String filter(UsageQuery query) {
        List<String> conditions = new ArrayList<>(List.of("1 = 1"));
        if (query.tenantId() != null) {
            conditions.add("tenant_id = :tenant");
        }
        if (query.userId() != null) {
            conditions.add("user_id = :user");
        }
        if (query.from() != null) {
            conditions.add("started_at >= :from");
        }
        if (query.to() != null) {
            conditions.add("started_at < :to");
        }
        return String.join(" AND ", conditions);
    }

    private static Params params(UsageQuery query) {
        return Params.of("tenant", query.tenantId())
                .and("user", query.userId())
                .and("from", query.from())
                .and("to", query.to());
    }

    private static UsageQuery.Row sums(Row row, int dimensions) throws SQLException {
        List<@Nullable String> group = new ArrayList<>();
        for (int i = 0; i < dimensions; i++) {
            group.add(row.textOrNull("g" + i));
        }
        return new UsageQuery.Row(
                group,
                row.number("requests"),
                row.number("errors"),
                row.number("input_sum"),
                row.number("output_sum"),
                row.number("cached_sum"),
                row.number("cache_write_sum"),
                row.number("reasoning_sum"));
    }

    private static int compare(List<@Nullable String> a, List<@Nullable String> b) {
        for (int i = 0; i < a.size(); i++) {
            String left = a.get(i);
            String right = b.get(i);
            if (left == null || right == null) {
                int nullsLast = Boolean.compare(left == null, right == null);
                if (nullsLast != 0) {
                    return nullsLast;
                }
            } else if (!left.equals(right)) {
                return left.compareTo(right);
            }
        }
        return 0;
    }
}
