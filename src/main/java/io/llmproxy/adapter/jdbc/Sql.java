package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.StoreException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs statements for the stores, in the caller's transaction where there is one. {@code doing} says in an error what was
 * being done.
 */
final class Sql {
    private static final int ROWS_AT_ONCE = 1000;

    private final Transactions transactions;

    Sql(Transactions transactions) {
        this.transactions = transactions;
    }

    Transactions transactions() {
        return transactions;
    }

    SqlDialect dialect() {
        return transactions.dialect();
    }

    <T> List<T> list(String doing, NamedSql sql, Params params, Row.Mapper<T> mapper) {
        return transactions.read(doing, connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql.text())) {
                params.bind(sql, statement);
                try (ResultSet result = statement.executeQuery()) {
                    return rows(doing, result, mapper);
                }
            }
        });
    }

    /** Takes the rows one by one, so that memory does not grow with their number where the database can give them so. */
    void each(String doing, NamedSql sql, Params params, Row.Mapper<?> taker) {
        transactions.snapshot(() -> transactions.read(doing, connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql.text())) {
                params.bind(sql, statement);
                statement.setFetchSize(ROWS_AT_ONCE);
                try (ResultSet result = statement.executeQuery()) {
                    each(doing, result, taker);
                    return true;
                }
            }
        }));
    }

    <T> Optional<T> first(String doing, NamedSql sql, Params params, Row.Mapper<T> mapper) {
        return list(doing, sql, params, mapper).stream().findFirst();
    }

    /** How many rows it changed. */
    int update(String doing, NamedSql sql, Params params) {
        return transactions.write(doing, connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql.text())) {
                params.bind(sql, statement);
                return statement.executeUpdate();
            }
        });
    }

    /** All or none; how many rows they changed together. */
    int updateAll(String doing, NamedSql sql, List<Params> all) {
        int changed = 0;
        for (int count : updateEach(doing, sql, all)) {
            changed += Math.max(count, 0);
        }
        return changed;
    }

    /** All or none; how many rows each of them changed. */
    int[] updateEach(String doing, NamedSql sql, List<Params> all) {
        return transactions.write(doing, connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql.text())) {
                for (Params params : all) {
                    params.bind(sql, statement);
                    statement.addBatch();
                }
                return statement.executeBatch();
            }
        });
    }

    private static <T> List<T> rows(String doing, ResultSet result, Row.Mapper<T> mapper) throws SQLException {
        List<T> rows = new ArrayList<>();
        each(doing, result, row -> rows.add(mapper.map(row)));
        return rows;
    }

    private static void each(String doing, ResultSet result, Row.Mapper<?> taker) throws SQLException {
        Row row = new Row(result);
        while (result.next()) {
            try {
                taker.map(row);
            } catch (IllegalArgumentException | NullPointerException e) {
                throw new StoreException(doing + ": a row does not have the form that this program writes", e);
            }
        }
    }
}
