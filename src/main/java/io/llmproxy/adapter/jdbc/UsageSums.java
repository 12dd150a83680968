package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.port.UsageStore;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Sums up what limits count: whole hours from the rollups, and what comes before the first of them from the records. */
final class UsageSums {
    private static final String DOING = "summing up what was used";
    private static final String SELECT = "SELECT tenant_id, user_id, key_id, provider, model,"
            + " SUM(requests) - SUM(uncharged) AS requests, SUM(input_tokens) AS input_tokens,"
            + " SUM(output_tokens) AS output_tokens, SUM(cost_nanos) AS cost_nanos FROM usage_rollups";
    private static final String GROUPS = " GROUP BY tenant_id, user_id, key_id, provider, model";
    private static final NamedSql EVER = NamedSql.of(SELECT + GROUPS);
    private static final NamedSql SINCE = NamedSql.of(SELECT + " WHERE hour_at >= :from" + GROUPS);

    private static final String BY_SLICE = "SELECT slice, tenant_id, user_id, key_id, provider, model,"
            + " SUM(requests) - SUM(uncharged) AS requests, SUM(input_tokens) AS input_tokens,"
            + " SUM(output_tokens) AS output_tokens, SUM(cost_nanos) AS cost_nanos FROM ("
            + "SELECT CAST(FLOOR(EXTRACT(EPOCH FROM hour_at) / :width) AS BIGINT) AS slice, r.* FROM usage_rollups r"
            + " WHERE hour_at >= :from%s) s GROUP BY slice, tenant_id, user_id, key_id, provider, model";
    private static final NamedSql SLICES = NamedSql.of(BY_SLICE.formatted(""));
    private static final NamedSql SLICES_UNTIL = NamedSql.of(BY_SLICE.formatted(" AND hour_at < :to"));

    private final Sql sql;
    private final UsageBlocks blocks;

    UsageSums(Sql sql, UsageBlocks blocks) {
        this.sql = sql;
        this.blocks = blocks;
    }

    /** @param from null: ever */
    List<UsageQuery.Sum> since(@Nullable Instant from) {
        Map<UsageQuery.Sum, UsageQuery.Sum> sums = new HashMap<>();
        // one moment for both, or a record that is written meanwhile would be in one and not in the other
        sql.transactions().snapshot(() -> {
            if (from == null) {
                add(EVER, Params.none(), sums);
            } else {
                Instant hour = from.truncatedTo(ChronoUnit.HOURS);
                Instant first = hour.equals(from) ? hour : hour.plus(Duration.ofHours(1));
                records(from, first, sums);
                add(SINCE, Params.of("from", first), sums);
            }
            return true;
        });
        return List.copyOf(sums.values());
    }

    /** Of whole hours, which the rollups know; until now where {@code to} is null. */
    void slices(Instant from, @Nullable Instant to, Duration width, UsageStore.Slices sink) {
        Params params = Params.of("width", width.toSeconds()).and("from", from).and("to", to);
        sql.each(DOING, to == null ? SLICES : SLICES_UNTIL, params, row -> {
            sink.add(Instant.ofEpochSecond(row.number("slice") * width.toSeconds()), sum(row));
            return true;
        });
    }

    private void add(NamedSql query, Params params, Map<UsageQuery.Sum, UsageQuery.Sum> sums) {
        sql.list(DOING, query, params, UsageSums::sum).forEach(s -> sums.merge(s.group(), s, UsageQuery.Sum::plus));
    }

    private void records(Instant from, Instant to, Map<UsageQuery.Sum, UsageQuery.Sum> sums) {
        if (from.isBefore(to)) {
            blocks.each(new UsageQuery(null, null, from, to), r -> {
                if (r.charged()) {
                    UsageQuery.Sum sum = UsageQuery.Sum.of(r).plain();
                    sums.merge(sum.group(), sum, UsageQuery.Sum::plus);
                }
            });
        }
    }

    private static UsageQuery.Sum sum(Row row) throws SQLException {
        return new UsageQuery.Sum(
                row.uuid("tenant_id"),
                row.uuidOrNull("user_id"),
                row.uuid("key_id"),
                row.textOrNull("provider"),
                row.textOrNull("model"),
                null,
                "",
                row.number("requests"),
                row.number("input_tokens"),
                row.number("output_tokens"),
                row.number("cost_nanos"));
    }
}
