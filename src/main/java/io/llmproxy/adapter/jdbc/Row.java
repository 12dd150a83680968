package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.identity.KeyHash;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The present row of a result, read by column name; the methods without {@code OrNull} are for columns that are NOT NULL. */
final class Row {
    private final ResultSet result;

    Row(ResultSet result) {
        this.result = result;
    }

    /** Makes a record of a row. */
    @FunctionalInterface
    interface Mapper<T> {
        T map(Row row) throws SQLException;
    }

    @Nullable
    UUID uuidOrNull(String column) throws SQLException {
        return result.getObject(column, UUID.class);
    }

    UUID uuid(String column) throws SQLException {
        return there(column, uuidOrNull(column));
    }

    @Nullable
    String textOrNull(String column) throws SQLException {
        return result.getString(column);
    }

    String text(String column) throws SQLException {
        return there(column, textOrNull(column));
    }

    @Nullable
    Instant timeOrNull(String column) throws SQLException {
        @Nullable OffsetDateTime time = result.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    Instant time(String column) throws SQLException {
        return there(column, timeOrNull(column));
    }

    @Nullable
    Integer integerOrNull(String column) throws SQLException {
        int value = result.getInt(column);
        return result.wasNull() ? null : value;
    }

    int integer(String column) throws SQLException {
        return result.getInt(column);
    }

    @Nullable
    Long numberOrNull(String column) throws SQLException {
        long value = result.getLong(column);
        return result.wasNull() ? null : value;
    }

    /** 0 for the sum of no rows. */
    long number(String column) throws SQLException {
        return result.getLong(column);
    }

    boolean flag(String column) throws SQLException {
        return result.getBoolean(column);
    }

    byte @Nullable [] bytesOrNull(String column) throws SQLException {
        return result.getBytes(column);
    }

    byte[] bytes(String column) throws SQLException {
        byte @Nullable [] bytes = result.getBytes(column);
        return Objects.requireNonNull(bytes, column);
    }

    <E extends Enum<E>> E constant(Class<E> type, String column) throws SQLException {
        return Enum.valueOf(type, text(column));
    }

    @Nullable
    KeyHash hashOrNull(String column) throws SQLException {
        byte @Nullable [] bytes = result.getBytes(column);
        return bytes == null ? null : KeyHash.of(bytes);
    }

    KeyHash hash(String column) throws SQLException {
        return there(column, hashOrNull(column));
    }

    List<String> texts(String column) throws SQLException {
        return JsonText.list(text(column));
    }

    List<Glob> globs(String column) throws SQLException {
        return texts(column).stream().map(Glob::new).toList();
    }

    Map<String, String> map(String column) throws SQLException {
        return JsonText.map(text(column));
    }

    private static <T> T there(String column, @Nullable T value) {
        return Objects.requireNonNull(value, column);
    }
}
