package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import io.llmproxy.domain.usage.Rate;
import io.llmproxy.domain.usage.Rates;
import io.llmproxy.domain.usage.Usd;
import io.llmproxy.port.PriceStore;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Prices of operators in the database. */
final class JdbcPriceStore implements PriceStore {
    /** The owner of rows of the whole installation: a unique key takes every NULL for another value. */
    private static final UUID NOBODY = new UUID(0, 0);

    private static final List<String> COLUMNS = columns();
    private static final NamedSql INSERT = NamedSql.insert("prices", COLUMNS);
    private static final NamedSql DELETE = NamedSql.of("DELETE FROM prices WHERE id = :id");
    private static final NamedSql ALL = NamedSql.of("SELECT * FROM prices WHERE owner = :owner");

    private final Sql sql;

    JdbcPriceStore(Sql sql) {
        this.sql = sql;
    }

    private static List<String> columns() {
        List<String> columns = new ArrayList<>(List.of(
                "id",
                "tenant_id",
                "owner",
                "own_only",
                "provider",
                "provider_type",
                "model",
                "valid_from",
                "context_tokens",
                "max_output_tokens",
                "created_at"));
        for (Rate rate : Rate.values()) {
            columns.add(column(rate));
        }
        return List.copyOf(columns);
    }

    private static String column(Rate rate) {
        return rate.word().replace('-', '_') + "_picos";
    }

    @Override
    public void insert(List<PriceOverlay> prices) {
        if (!prices.isEmpty()) {
            sql.updateAll(
                    "adding prices",
                    INSERT,
                    prices.stream().map(JdbcPriceStore::params).toList());
        }
    }

    @Override
    public void delete(Collection<UUID> ids) {
        if (!ids.isEmpty()) {
            sql.updateAll(
                    "deleting prices",
                    DELETE,
                    ids.stream().map(id -> Params.of("id", id)).toList());
        }
    }

    @Override
    public List<PriceOverlay> all(@Nullable UUID tenantId) {
        return sql.list("reading prices", ALL, Params.of("owner", owner(tenantId)), JdbcPriceStore::overlay);
    }

    private static UUID owner(@Nullable UUID tenantId) {
        return tenantId == null ? NOBODY : tenantId;
    }

    private static Params params(PriceOverlay overlay) {
        PriceRow row = overlay.row();
        PriceScope scope = row.scope();
        Params params = Params.of("id", overlay.id())
                .and("tenant_id", overlay.tenantId())
                .and("owner", owner(overlay.tenantId()))
                .and("own_only", overlay.ownOnly())
                .and("provider", orEmpty(scope.provider()))
                .and("provider_type", orEmpty(scope.type()))
                .and("model", scope.model().pattern())
                .and("valid_from", row.validFrom())
                .and("context_tokens", row.contextTokens())
                .and("max_output_tokens", row.maxOutputTokens())
                .and("created_at", overlay.createdAt());
        for (Rate rate : Rate.values()) {
            long picos = row.rates().of(rate);
            params.and(column(rate), picos == Usd.UNKNOWN ? null : picos);
        }
        return params;
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    static PriceOverlay overlay(Row row) throws SQLException {
        return new PriceOverlay(
                row.uuid("id"),
                row.uuidOrNull("tenant_id"),
                row.flag("own_only"),
                new PriceRow(
                        new PriceScope(
                                orNull(row.text("provider")),
                                orNull(row.text("provider_type")),
                                new Glob(row.text("model"))),
                        row.time("valid_from"),
                        rates(row),
                        row.number("context_tokens"),
                        row.number("max_output_tokens")),
                row.time("created_at"));
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static Rates rates(Row row) throws SQLException {
        Map<Rate, Long> picos = new EnumMap<>(Rate.class);
        for (Rate rate : Rate.values()) {
            Long told = row.numberOrNull(column(rate));
            picos.put(rate, told == null ? Usd.UNKNOWN : told);
        }
        return Rates.of(rate -> picos.getOrDefault(rate, Usd.UNKNOWN));
    }
}
