package io.llmproxy.adapter.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.AlertStore;
import io.llmproxy.port.ApiKeyStore;
import io.llmproxy.port.AuditChainStore;
import io.llmproxy.port.AuditSigner;
import io.llmproxy.port.AuditStore;
import io.llmproxy.port.ContentSealer;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.LimitLeases;
import io.llmproxy.port.LimitStore;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.PriceStore;
import io.llmproxy.port.ProviderStore;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.RouteStore;
import io.llmproxy.port.StateSource;
import io.llmproxy.port.TableSink;
import io.llmproxy.port.TenantStore;
import io.llmproxy.port.Transactor;
import io.llmproxy.port.TranscriptStore;
import io.llmproxy.port.UsageFormat;
import io.llmproxy.port.UsageStore;
import io.llmproxy.port.UserStore;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.UUID;
import java.util.function.Predicate;
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
    private static final Logger POOL_LOG = Logger.getLogger("com.zaxxer.hikari");
    private static final int H2_IN_USE = 90020;

    private final Transactions transactions;
    /** For stores alone, and tests of their statements. */
    final Sql sql;

    private final Deque<AutoCloseable> resources;
    private final @Nullable FileSeat seat;

    private Database(
            DataSource pool,
            SqlDialect dialect,
            Transactions.Reopening reopening,
            Deque<AutoCloseable> resources,
            @Nullable FileSeat seat) {
        this.transactions = new Transactions(pool, dialect, reopening);
        this.sql = new Sql(transactions);
        this.resources = resources;
        this.seat = seat;
    }

    /** Lets other processes of the same data directory use the database too; PostgreSQL always does. */
    public void letIn() {
        if (seat != null) {
            seat.open();
        }
    }

    /** The end of it, where nobody came. */
    public void letNobodyIn() {
        if (seat != null) {
            seat.shut();
        }
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
        return open(url, dataDir, user, password, pool, Upgrade.by("llmproxy"), false);
    }

    /**
     * The same.
     *
     * @param upgrade what a change of the schema needs
     * @param join whether an embedded database is to be used together with the process that has it open, which lets others in
     */
    public static Database open(
            @Nullable String url,
            Path dataDir,
            @Nullable String user,
            @Nullable Secret password,
            int pool,
            Upgrade upgrade,
            boolean join) {
        // the pool warns of every connection that breaks; the store that was using it tells the caller
        POOL_LOG.setLevel(Level.SEVERE);
        return url == null
                ? openH2(dataDir, pool, upgrade, join)
                : openPostgresql(Sources.known(url), user, password, pool, upgrade);
    }

    private static Database openH2(Path dataDir, int pool, Upgrade upgrade, boolean join) {
        failInsteadOfSpinning();
        FileDoor.onLoopbackAlone();
        Path directory = dataDir.toAbsolutePath().normalize().resolve("db");
        DataSource source = Sources.h2(directory.resolve("llmproxy"));
        Deque<AutoCloseable> resources = new ArrayDeque<>();
        try {
            FileSeat seat = join ? FileSeat.join(directory, source) : FileSeat.take(directory, source);
            resources.push(seat);
            migrate(seat.source(), upgrade);
            HikariDataSource connections = Sources.movingPool(seat.source(), pool);
            resources.push(connections);
            seat.serve(connections);
            return new Database(connections, SqlDialect.H2, () -> seat.reopen(connections), resources, seat);
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

    /**
     * A store that H2 closed on a full disk lets whoever has a transaction open spin for ever in
     * {@code MVStore.registerVersionUsage} (2.4.240), be it to roll it back. The loop's own assertion ends it, as an error that
     * the driver reports; it holds in every sound store.
     */
    private static void failInsteadOfSpinning() {
        ClassLoader.getSystemClassLoader().setClassAssertionStatus("org.h2.mvstore.MVStore", true);
    }

    private static void migrate(DataSource source, Upgrade upgrade) throws SQLException {
        boolean changed = new Migrations(source, upgrade.program()).run(state -> {
            String from = String.valueOf(state.version());
            upgrade.before().keep(from, state.known(), sink -> copyBefore(source, from, sink));
        });
        if (changed) {
            upgrade.before().changed();
        }
    }

    private static void copyBefore(DataSource source, String version, TableSink sink) {
        try (Connection connection = source.getConnection()) {
            connection.setTransactionIsolation(SqlDialect.H2.snapshotIsolation());
            connection.setAutoCommit(false);
            new TableReader(connection, SqlDialect.H2).copy(version, table -> true, sink);
            connection.rollback();
        } catch (SQLException e) {
            throw Failures.of("copying the database before its schema changes", e);
        }
    }

    private static Database openPostgresql(
            String url, @Nullable String user, @Nullable Secret password, int pool, Upgrade upgrade) {
        DataSource source = Sources.postgresql(url, user, password);
        Deque<AutoCloseable> resources = new ArrayDeque<>();
        try {
            DataSource patient = Sources.patient(url, user, password, Sources.APPLICATION);
            new Migrations(source, patient, upgrade.program()).run(state -> {});
            HikariDataSource connections = pooled(source, pool, resources);
            connections.setConnectionTimeout(Sources.patience(url).toMillis());
            return new Database(connections, SqlDialect.POSTGRESQL, () -> {}, resources, null);
        } catch (SQLException e) {
            closeAll(resources);
            throw away("the database " + Sources.shown(url), e);
        }
    }

    private static HikariDataSource pooled(DataSource source, int size, Deque<AutoCloseable> resources) {
        HikariDataSource pool = Sources.pool(source, size);
        resources.push(pool);
        return pool;
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

    /** What is sealed in it, for who looks for the key to it. */
    public SealedValues sealed() {
        return new SealedValues(sql);
    }

    public RouteStore routes() {
        return new JdbcRouteStore(sql);
    }

    public PriceStore prices() {
        return new JdbcPriceStore(sql);
    }

    public LimitStore limits() {
        return new JdbcLimitStore(sql);
    }

    public AlertStore alerts() {
        return new JdbcAlertStore(sql);
    }

    /** @param signer of what is purged */
    public AuditStore audit(AuditSigner signer) {
        return new JdbcAuditStore(sql, new AuditChains(sql, signer));
    }

    /** @param signer of their heads */
    public AuditChainStore auditChains(AuditSigner signer) {
        AuditChains chains = new AuditChains(sql, signer);
        return new JdbcAuditChainStore(sql, chains, new JdbcAuditStore(sql, chains));
    }

    /**
     * Blocks; at the first start on a database of an earlier version as long as it takes to sum up its ledger.
     *
     * @param format of the records in the ledger
     */
    public UsageStore usage(UsageFormat format) {
        return new JdbcUsageStore(sql, format).complete();
    }

    /** @param format of the records in the ledger */
    public RequestSearch requests(UsageFormat format) {
        return new JdbcRequestSearch(sql, format);
    }

    /** @param sealer of the bodies */
    public TranscriptStore transcripts(ContentSealer sealer) {
        return new JdbcTranscriptStore(sql, sealer);
    }

    public ObjectStore objects() {
        return new JdbcObjectStore(sql);
    }

    /** Its kind, in lower case. */
    public String kind() {
        return sql.dialect().name().toLowerCase(Locale.ROOT);
    }

    /** The version of its schema as this program reads and copies it, which is its own, though a later one may have added to it. */
    public String schema() {
        return MigrationScript.all().getLast().version();
    }

    /**
     * Gives all rows of the wanted tables to the sink, as they are at one moment; others go on reading and writing. Blocks for as long
     * as the sink takes; memory does not grow with the rows. What a later program has added to the schema is left out.
     *
     * @param wanted by the name of a table
     */
    public void copy(Predicate<String> wanted, TableSink sink) {
        transactions.snapshot(() -> transactions.read("copying the database", connection -> {
            new TableReader(connection, sql.dialect()).copy(schema(), wanted, sink);
            return true;
        }));
    }

    /** Its schema and the size of its tables, as a text. */
    public String facts() {
        return new SchemaFacts(sql).text();
    }

    public StateSource state() {
        return new JdbcStateSource(sql);
    }

    /**
     * Of requests with an Idempotency-Key.
     *
     * @param sealer of the answers
     * @param lease after which a claim of a process that died is free; PostgreSQL alone is open to several processes
     */
    public IdempotencyStore idempotency(ContentSealer sealer, Duration lease) {
        AnswerText text = new AnswerText(sealer);
        return switch (sql.dialect()) {
            case H2 -> new JdbcLocalIdempotencyStore(new IdempotencyRows(sql, text));
            case POSTGRESQL -> new JdbcSharedIdempotencyStore(sql, new IdempotencyRows(sql, text), lease);
        };
    }

    /**
     * What processes hold of limits that they share, on PostgreSQL: nothing else is open to several processes.
     *
     * @param process of this data directory, in all its lives
     * @param tenant the one that it serves; {@code *}: all
     * @param lease how long it may be out of touch with the database before what it holds is lost
     */
    public LimitLeases leases(UUID process, String tenant, Duration lease) {
        return switch (sql.dialect()) {
            case H2 -> throw new IllegalStateException("an embedded database has one process");
            case POSTGRESQL -> new JdbcLimitLeases(sql, process, tenant, lease);
        };
    }

    /** Lets go of pool, file and lock; calls that still run fail. */
    @Override
    public void close() {
        closeAll(resources);
    }

    static void closeAll(Deque<AutoCloseable> resources) {
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
