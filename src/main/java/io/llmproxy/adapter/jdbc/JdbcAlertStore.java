package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.port.AlertStore;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Alerts in the table {@code alerts}; its unique identity is what makes each be told once. */
final class JdbcAlertStore implements AlertStore {
    private static final NamedSql CLAIM = NamedSql.insert(
                    "alerts",
                    List.of(
                            "id",
                            "identity",
                            "realm",
                            "tenant",
                            "limit_id",
                            "scope",
                            "subject",
                            "metric",
                            "period",
                            "mode",
                            "period_at",
                            "amount",
                            "used",
                            "threshold",
                            "refused",
                            "created_at",
                            "attempts",
                            "next_at"))
            .and(" ON CONFLICT DO NOTHING");
    private static final NamedSql DUE = NamedSql.of(
            "SELECT * FROM alerts WHERE realm = :realm AND next_at <= :now ORDER BY next_at, id LIMIT :max");
    private static final NamedSql TAKE = NamedSql.of("UPDATE alerts SET next_at = :until, attempts = attempts + 1"
            + " WHERE id = :id AND next_at = :due AND attempts = :attempts");
    private static final NamedSql NEXT = NamedSql.of("UPDATE alerts SET next_at = :at WHERE id = :id");
    private static final NamedSql PURGE =
            NamedSql.of("DELETE FROM alerts WHERE created_at < :before AND period_at IS NOT NULL");

    private final Sql sql;

    JdbcAlertStore(Sql sql) {
        this.sql = sql;
    }

    @Override
    public boolean claim(String realm, String counter, BudgetAlert a, @Nullable Instant sendAt) {
        Params params = Params.of("id", a.id())
                .and("identity", identity(realm, counter, a))
                .and("realm", realm)
                .and("tenant", a.tenant())
                .and("limit_id", a.limitId())
                .and("scope", a.scope())
                .and("subject", a.subject() == null ? null : Texts.clean(a.subject(), 512))
                .and("metric", a.metric())
                .and("period", a.period())
                .and("mode", a.mode())
                .and("period_at", a.periodStart())
                .and("amount", a.amount())
                .and("used", a.used())
                .and("threshold", a.threshold())
                .and("refused", a.refused())
                .and("created_at", a.at())
                .and("attempts", 0)
                .and("next_at", sendAt);
        return sql.update("keeping an alert", CLAIM, params) > 0;
    }

    private static String identity(String realm, String counter, BudgetAlert a) {
        String text = String.join(
                "\n",
                realm,
                counter,
                String.valueOf(a.periodStart()),
                Long.toString(a.amount()),
                Integer.toString(a.threshold()));
        return HexFormat.of().formatHex(BlockCoding.digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public List<Pending> due(String realm, Instant now, int max) {
        Params params = Params.of("realm", realm).and("now", now).and("max", max);
        return sql.list("reading alerts", DUE, params, JdbcAlertStore::pending);
    }

    @Override
    public boolean take(Pending pending, Instant until) {
        Params params = Params.of("id", pending.alert().id())
                .and("until", until)
                .and("due", pending.dueAt())
                .and("attempts", pending.attempts());
        return sql.update("taking an alert", TAKE, params) > 0;
    }

    @Override
    public void next(UUID alert, @Nullable Instant at) {
        sql.update("noting an alert", NEXT, Params.of("id", alert).and("at", at));
    }

    @Override
    public int purge(Instant before) {
        return sql.update("removing alerts", PURGE, Params.of("before", before));
    }

    private static Pending pending(Row row) throws SQLException {
        return new Pending(
                new BudgetAlert(
                        row.uuid("id"),
                        row.textOrNull("tenant"),
                        row.text("limit_id"),
                        row.constant(LimitScope.class, "scope"),
                        row.textOrNull("subject"),
                        row.constant(LimitMetric.class, "metric"),
                        row.constant(LimitPeriod.class, "period"),
                        row.constant(LimitMode.class, "mode"),
                        row.number("amount"),
                        row.timeOrNull("period_at"),
                        row.number("used"),
                        row.integer("threshold"),
                        row.flag("refused"),
                        row.time("created_at")),
                row.integer("attempts"),
                row.time("next_at"));
    }
}
