package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.StoreException;
import io.llmproxy.port.TableLayout;
import io.llmproxy.port.TableLayout.Column;
import io.llmproxy.port.TableSink;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes rows into tables that hold nothing but what a migration put there, which goes. Inside the connection's transaction; where that
 * is told, it commits from time to time, since the whole is thrown away if the copy fails.
 */
final class TableWriter implements TableSink, AutoCloseable {
    private static final int ROWS_AT_ONCE = 500;
    private static final int BYTES_AT_ONCE = 4 << 20;

    private final Connection connection;
    private final boolean committing;
    private @Nullable TableLayout table;
    private @Nullable PreparedStatement insert;
    private int rows;
    private long bytes;

    TableWriter(Connection connection, boolean committing) {
        this.connection = connection;
        this.committing = committing;
    }

    @Override
    public void begin(TableLayout layout) {
        table = layout;
        doing(layout, () -> {
            refuseUnknown(layout);
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("DELETE FROM " + layout.name());
            }
            List<String> names = layout.columns().stream().map(Column::name).toList();
            insert = connection.prepareStatement("INSERT INTO " + layout.name() + " (" + String.join(", ", names)
                    + ") VALUES (" + names.stream().map(n -> "?").collect(Collectors.joining(", ")) + ")");
        });
    }

    private void refuseUnknown(TableLayout layout) throws SQLException {
        List<Column> there = StateTables.layouts(connection).stream()
                .filter(t -> t.name().equals(layout.name()))
                .findFirst()
                .map(TableLayout::columns)
                .orElse(List.of());
        if (!there.containsAll(layout.columns())) {
            throw new SQLException(
                    "the table " + layout.name() + " does not have the columns of what is to be written");
        }
    }

    @Override
    public void row(List<@Nullable Object> values) {
        doing(present(), () -> {
            PreparedStatement statement = statement();
            for (int i = 0; i < values.size(); i++) {
                Object value = values.get(i);
                statement.setObject(i + 1, value instanceof Instant time ? time.atOffset(ZoneOffset.UTC) : value);
                bytes += value instanceof byte[] data ? data.length : 16;
            }
            statement.addBatch();
            if (++rows >= ROWS_AT_ONCE || bytes >= BYTES_AT_ONCE) {
                flush();
            }
        });
    }

    private void flush() throws SQLException {
        if (rows > 0) {
            statement().executeBatch();
            rows = 0;
            bytes = 0;
            if (committing) {
                connection.commit();
            }
        }
    }

    @Override
    public void end() {
        TableLayout ended = present();
        doing(ended, () -> {
            flush();
            close();
            continueNumbers(ended);
        });
        table = null;
    }

    /** A column that numbers rows by itself goes on behind what was written. */
    private void continueNumbers(TableLayout ended) throws SQLException {
        for (String column : StateTables.numbering(connection, ended.name())) {
            try (Statement statement = connection.createStatement()) {
                long next;
                try (ResultSet result =
                        statement.executeQuery("SELECT COALESCE(MAX(" + column + "), 0) + 1 FROM " + ended.name())) {
                    result.next();
                    next = result.getLong(1);
                }
                statement.execute("ALTER TABLE " + ended.name() + " ALTER COLUMN " + column + " RESTART WITH " + next);
            }
        }
    }

    @Override
    public void close() throws SQLException {
        PreparedStatement open = insert;
        insert = null;
        if (open != null) {
            open.close();
        }
    }

    private TableLayout present() {
        TableLayout present = table;
        if (present == null) {
            throw new IllegalStateException("no table was begun");
        }
        return present;
    }

    private PreparedStatement statement() {
        PreparedStatement statement = insert;
        if (statement == null) {
            throw new IllegalStateException("no table was begun");
        }
        return statement;
    }

    /** What is done with the connection. */
    private interface Step {
        void run() throws SQLException;
    }

    private static void doing(TableLayout layout, Step step) {
        try {
            step.run();
        } catch (SQLException e) {
            String doing = "writing the table " + layout.name();
            throw e.getSQLState() == null
                    ? new StoreException(doing + ": " + e.getMessage(), e)
                    : Failures.of(doing, e);
        }
    }
}
