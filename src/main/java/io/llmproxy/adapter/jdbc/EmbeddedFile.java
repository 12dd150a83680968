package io.llmproxy.adapter.jdbc;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Keeps H2's file open for the life of the process, by a connection of its own: H2 closes the file when the last one ends.
 *
 * <p>H2 also closes it by itself, where it cannot write it, and then refuses every connection, for ever, until the last old one
 * is given back: {@link #reopen} does that, so that all goes on when the disk has space again. Thread-safe.
 */
final class EmbeddedFile implements AutoCloseable {
    /** H2's code for a database that it has closed. */
    private static final int CLOSED = 90098;

    private final DataSource source;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock, as is closed
    private @Nullable Connection held;
    private boolean closed;

    /** Opens the file; blocks. */
    EmbeddedFile(DataSource source) throws SQLException {
        this.source = source;
        this.held = source.getConnection();
    }

    /** Whether this is what H2 says of a file that it has closed. */
    static boolean closedItself(SQLException e) {
        for (Throwable t = e; t != null; t = t.getCause()) {
            if (t instanceof SQLException s && s.getErrorCode() == CLOSED) {
                return true;
            }
        }
        return false;
    }

    /**
     * Gives every old connection back that is not in use, and opens the file again.
     *
     * @throws SQLException where that cannot be done yet: the disk is still full, or an old connection still in use
     */
    void reopen(HikariDataSource pool) throws SQLException {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            pool.getHikariPoolMXBean().softEvictConnections();
            release();
            held = source.getConnection();
        } finally {
            lock.unlock();
        }
    }

    private void release() {
        Connection old = held;
        held = null;
        if (old == null) {
            return;
        }
        try {
            old.close();
        } catch (SQLException e) {
            // it is of a file that is closed already
            return;
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            release();
        } finally {
            lock.unlock();
        }
    }
}
