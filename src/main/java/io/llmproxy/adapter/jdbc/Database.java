package io.llmproxy.adapter.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.ApiKeyStore;
import io.llmproxy.port.AuditStore;
import io.llmproxy.port.LimitStore;
import io.llmproxy.port.ProviderStore;
import io.llmproxy.port.StateSource;
import io.llmproxy.port.TenantStore;
import io.llmproxy.port.Transactor;
import io.llmproxy.port.UsageStore;
import io.llmproxy.port.UserStore;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.logging.Level;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The open database and the stores in it. Opening migrates the schema, and fails within seconds where the database does not
 * answer; later it may go and come back, and each call tells by itself whether it is there.
 */
public final class Database implements AutoCloseable {
    // held here, since java.util.logging forgets loggers, and with them their levels, that nobody holds
    private static final Logger FLYWAY_LOG = Logger.getLogger("org.flywaydb");
    private static final Logger POOL_LOG = Logger.getLogger("com.zaxxer.hikari");
    private static final int H2_IN_USE = 90020;

    private final Transactions transactions;
    private final Sql sql;
    private final Deque<AutoCloseable> resources;

    private Database(DataSource pool, SqlDialect dialect, Deque<AutoCloseable> resources) {
        this.transactions = new Transactions(pool, dialect);
        this.sql = new Sql(transactions);
        this.resources = resources;
    }

    /**
     * Opens and migrates; blocks.
     *
     * @param url {@code jdbc:postgresql://…}; null: embedded H2 in {@code dataDir}
     * @param pool at most so many connections
     * @throws DatabaseException where it cannot be used
     */
    public static Database open(
            @Nullable String url, Path dataDir, @Nullable String user, @Nullable Secret password, int pool) {
        FLYWAY_LOG.setLevel(Level.WARNING);
        // the pool warns of every connection that breaks; the store that was using it tells the caller
        POOL_LOG.setLevel(Level.SEVERE);
        return url == null ? openH2(dataDir, pool) : openPostgresql(Sources.known(url), user, password, pool);
    }

    private static Database openH2(Path dataDir, int pool) {
        Path directory = dataDir.toAbsolutePath().normalize().resolve("db");
        DataSource source = Sources.h2(directory.resolve("llmproxy"));
        Deque<AutoCloseable> resources = new ArrayDeque<>();
        try {
            resources.push(DirectoryLock.take(directory));
            // one connection for life: H2 closes the file when the last one ends
            resources.push(source.getConnection());
            return opened(source, SqlDialect.H2, pool, resources);
        } catch (SQLException e) {
            closeAll(resources);
            throw e.getErrorCode() == H2_IN_USE
                    ? DirectoryLock.inUse(directory, e)
                    : away("the embedded database " + directory.resolve("llmproxy.mv.db"), e);
        } catch (RuntimeException e) {
            closeAll(resources);
            throw e;
        }
    }

    private static Database openPostgresql(String url, @Nullable String user, @Nullable Secret password, int pool) {
        DataSource source = Sources.postgresql(url, user, password);
        Deque<AutoCloseable> resources = new ArrayDeque<>();
        try {
            return opened(source, SqlDialect.POSTGRESQL, pool, resources);
        } catch (SQLException e) {
            closeAll(resources);
            throw away("the database " + Sources.shown(url), e);
        }
    }

    private static Database opened(DataSource source, SqlDialect dialect, int size, Deque<AutoCloseable> resources)
            throws SQLException {
        new Migrations(source).run();
        HikariDataSource pool = Sources.pool(source, size);
        resources.push(pool);
        return new Database(pool, dialect, resources);
    }

    private static DatabaseException away(String what, SQLException e) {
        return new DatabaseException(
                Reason.AWAY, what + " cannot be opened: " + e.getMessage() + " (SQL state " + e.getSQLState() + ")", e);
    }

    public Transactor transactor() {
        return transactions;
    }

    public TenantStore tenants() {
        return new JdbcTenantStore(sql);
    }

    public UserStore users() {
        return new JdbcUserStore(sql);
    }

    public ApiKeyStore keys() {
        return new JdbcApiKeyStore(sql);
    }

    public ProviderStore providers() {
        return new JdbcProviderStore(sql);
    }

    public LimitStore limits() {
        return new JdbcLimitStore(sql);
    }

    public AuditStore audit() {
        return new JdbcAuditStore(sql);
    }

    public UsageStore usage() {
        return new JdbcUsageStore(sql);
    }

    public StateSource state() {
        return new JdbcStateSource(sql);
    }

    /** Lets go of pool, file and lock; calls that still run fail. */
    @Override
    public void close() {
        closeAll(resources);
    }

    private static void closeAll(Deque<AutoCloseable> resources) {
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                System.getLogger(Database.class.getName())
                        .log(System.Logger.Level.WARNING, "closing the database failed", e);
            }
        }
    }
}
