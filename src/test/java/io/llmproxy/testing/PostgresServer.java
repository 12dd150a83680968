package io.llmproxy.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/** A real PostgreSQL, started once for all tests of the JVM, and fresh databases in it. */
public final class PostgresServer {
    public static final String USER = "postgres";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private PostgresServer() {}

    /** Started by the first who asks; it ends with the JVM. */
    private static final class Shared {
        private static final EmbeddedPostgres SERVER = start();
    }

    /** The URL of a new, empty database; the user {@link #USER} has no password. */
    public static String freshDatabase() {
        String name = "test_" + NUMBER.incrementAndGet();
        try (Connection connection = Shared.SERVER.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + name);
        } catch (SQLException e) {
            throw new IllegalStateException("no new database", e);
        }
        return "jdbc:postgresql://127.0.0.1:" + Shared.SERVER.getPort() + "/" + name;
    }

    /** A server of one's own, for tests that stop it. */
    public static EmbeddedPostgres start() {
        try {
            return EmbeddedPostgres.builder().start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
