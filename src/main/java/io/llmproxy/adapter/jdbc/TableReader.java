package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableLayout.Column;
import io.llmproxy.port.TableSink;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads all rows of all tables on one connection, whose transaction sees one moment; memory does not grow with the rows. */
final class TableReader {
    private static final int ROWS_AT_ONCE = 500;

    /** Of tables whose rows may have half a megabyte each. */
    private static final int LARGE_ROWS_AT_ONCE = 20;

    private final Connection connection;
    private final SqlDialect dialect;

    TableReader(Connection connection, SqlDialect dialect) {
        this.connection = connection;
        this.dialect = dialect;
    }

    /**
     * Reads what a schema of the version has of what is there.
     *
     * @param wanted by the name of a table
     */
    void copy(String version, Predicate<String> wanted, TableSink sink) throws SQLException {
        List<TableLayout> tables = SchemaShape.within(StateTables.layouts(connection), version);
        try (Statement statement = connection.createStatement()) {
            dialect.stream(statement, true);
            try {
                for (TableLayout table : tables) {
                    if (wanted.test(table.name())) {
                        copy(statement, table, sink);
                    }
                }
            } finally {
                dialect.stream(statement, false);
            }
        }
    }

    private static void copy(Statement statement, TableLayout table, TableSink sink) throws SQLException {
        List<Column> columns = table.columns();
        boolean large = columns.stream().anyMatch(c -> c.kind() == TableLayout.Kind.BYTES);
        statement.setFetchSize(large ? LARGE_ROWS_AT_ONCE : ROWS_AT_ONCE);
        sink.begin(table);
        String names = columns.stream().map(Column::name).collect(Collectors.joining(", "));
        try (ResultSet result = statement.executeQuery("SELECT " + names + " FROM " + table.name())) {
            List<@Nullable Object> values = new ArrayList<>(columns.size());
            while (result.next()) {
                values.clear();
                for (int i = 0; i < columns.size(); i++) {
                    values.add(value(result, i + 1, columns.get(i).kind()));
                }
                sink.row(values);
            }
        }
        sink.end();
    }

    private static @Nullable Object value(ResultSet result, int column, TableLayout.Kind kind) throws SQLException {
        return switch (kind) {
            case TEXT -> result.getString(column);
            case NUMBER -> {
                long number = result.getLong(column);
                yield result.wasNull() ? null : (Object) number;
            }
            case FLAG -> {
                boolean flag = result.getBoolean(column);
                yield result.wasNull() ? null : (Object) flag;
            }
            case TIME -> {
                OffsetDateTime time = result.getObject(column, OffsetDateTime.class);
                yield time == null ? null : time.toInstant();
            }
            case ID -> result.getObject(column, UUID.class);
            case BYTES -> result.getBytes(column);
        };
    }
}
