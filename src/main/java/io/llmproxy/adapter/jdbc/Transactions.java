package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.StoreException;
import io.llmproxy.port.Transactor;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.Supplier;
import javax.sql.DataSource;

/**
 * Hands out connections: the one of the transaction that the calling thread is in, else one of the pool for a single
 * statement. Read committed, but for {@link #snapshot}.
 *
 * <p>A statement that fails dooms its transaction, on H2 as on PostgreSQL: work that catches the exception and goes on finds
 * every later statement and the commit refused.
 */
final class Transactions implements Transactor {
    private final DataSource pool;
    private final SqlDialect dialect;
    private final Reopening reopening;
    private volatile boolean closedItself;
    private final DriverThreads threads = new DriverThreads();
    private final ScopedValue<Open> current = ScopedValue.newInstance();

    /** @param reopening called before the next connection is taken, when the database has closed itself */
    Transactions(DataSource pool, SqlDialect dialect, Reopening reopening) {
        this.pool = pool;
        this.dialect = dialect;
        this.reopening = reopening;
    }

    /** Opens a database again that closed itself. */
    @FunctionalInterface
    interface Reopening {
        void run() throws SQLException;
    }

    /** What is done with a connection. */
    @FunctionalInterface
    interface Work<T> {
        T on(Connection connection) throws SQLException;
    }

    private final class Open {
        private final Connection connection;
        private boolean wrote;
        private boolean doomed;

        private Open(Connection connection) {
            this.connection = connection;
        }

        private <T> T run(String doing, Work<T> work) {
            refuseDoomed(doing);
            try {
                return threads.run(() -> work.on(connection));
            } catch (SQLException e) {
                doomed = true;
                throw failed(doing, e);
            }
        }

        private void refuseDoomed(String doing) {
            if (doomed) {
                throw new StoreException(
                        doing + ": an earlier statement of the same transaction failed",
                        new IllegalStateException("the transaction is doomed"));
            }
        }
    }

    SqlDialect dialect() {
        return dialect;
    }

    @Override
    public <T> T inTransaction(Supplier<T> work) {
        return current.isBound() ? work.get() : begin(false, work);
    }

    /** Like {@link #inTransaction}, and every query sees the same moment; inside another transaction it only joins. */
    <T> T snapshot(Supplier<T> work) {
        return current.isBound() ? work.get() : begin(true, work);
    }

    <T> T read(String doing, Work<T> work) {
        if (current.isBound()) {
            return current.get().run(doing, work);
        }
        try (Connection connection = connection()) {
            return threads.run(() -> work.on(connection));
        } catch (SQLException e) {
            throw failed(doing, e);
        }
    }

    <T> T write(String doing, Work<T> work) {
        return inTransaction(() -> {
            Open open = current.get();
            open.wrote = true;
            return open.run(doing, work);
        });
    }

    private <T> T begin(boolean snapshot, Supplier<T> work) {
        try (Connection connection = connection()) {
            if (snapshot) {
                connection.setTransactionIsolation(dialect.snapshotIsolation());
            }
            connection.setAutoCommit(false);
            Open open = new Open(connection);
            T result = runOrRollBack(open, work);
            commit(open);
            return result;
        } catch (SQLException e) {
            throw failed("opening or ending a transaction", e);
        }
    }

    private Connection connection() throws SQLException {
        if (closedItself) {
            closedItself = false;
            threads.run(() -> {
                reopening.run();
                return true;
            });
        }
        return DriverThreads.here(pool::getConnection);
    }

    private StoreException failed(String doing, SQLException e) {
        if (EmbeddedFile.closedItself(e)) {
            closedItself = true;
        }
        return Failures.of(doing, e);
    }

    private <T> T runOrRollBack(Open open, Supplier<T> work) {
        try {
            T result = ScopedValue.where(current, open).call(work::get);
            open.refuseDoomed("committing a transaction");
            return result;
        } catch (RuntimeException | Error e) {
            rollBack(open.connection, e);
            throw e;
        }
    }

    private void rollBack(Connection connection, Throwable reason) {
        try {
            threads.run(() -> {
                connection.rollback();
                return true;
            });
        } catch (SQLException e) {
            reason.addSuppressed(e);
        }
    }

    private void commit(Open open) throws SQLException {
        threads.run(() -> {
            open.connection.commit();
            return true;
        });
        if (open.wrote && !dialect.committedIsDurable()) {
            threads.run(() -> {
                // outside of a transaction: where the disk is full, H2 closes its store, and whoever then rolls back a
                // transaction of it, as the pool does before it takes a connection back, spins for ever
                // (MVStore.registerVersionUsage)
                open.connection.setAutoCommit(true);
                try (Statement statement = open.connection.createStatement()) {
                    return statement.execute("CHECKPOINT SYNC");
                }
            });
        }
    }
}
