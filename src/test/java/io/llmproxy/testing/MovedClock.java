package io.llmproxy.testing;

import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;

/**
 * The clock of a PostgreSQL database as a test sets it: {@code clock_timestamp()} is a function of another schema there, which comes before
 * PostgreSQL's own.
 */
public final class MovedClock implements AutoCloseable {
    private final Connection connection;
    private final PreparedStatement moving;

    /** @param url of an empty database, whose connections from now on see that clock */
    public MovedClock(String url, Instant start) throws SQLException {
        connection = DriverManager.getConnection(url, PostgresServer.USER, null);
        String name = URI.create(url.substring("jdbc:".length())).getPath().substring(1);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET synchronous_commit = off");
            statement.execute("CREATE SCHEMA moved");
            statement.execute("CREATE TABLE moved.clock (now timestamptz NOT NULL)");
            statement.execute("INSERT INTO moved.clock VALUES ('" + start + "')");
            statement.execute("CREATE FUNCTION moved.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
                    + " AS 'SELECT now FROM moved.clock'");
            statement.execute("ALTER DATABASE " + name + " SET search_path = public, moved, pg_catalog");
        }
        moving = connection.prepareStatement("UPDATE moved.clock SET now = ?");
    }

    public void set(Instant now) {
        try {
            moving.setTimestamp(1, Timestamp.from(now));
            moving.executeUpdate();
        } catch (SQLException e) {
            throw new IllegalStateException("the clock is not set", e);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
