package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.StoreException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jspecify.annotations.Nullable;

/** Turns what drivers throw into {@link StoreException}s that quote no values. */
final class Failures {
    private static final String UNIQUE_VIOLATION = "23505";
    /** The class of transactions that the database took back, as of a deadlock (SQL:2023, 40). */
    private static final String ROLLED_BACK = "40";

    private static final String H2_LOCK_TIMEOUT = "HYT00";
    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String READ_ONLY = "25006";

    /** What H2 says of its own first write that fails; from the second on it says that it is closed. */
    private static final String H2_GENERAL = "HY000";

    private static final int H2_WRITE_FAILED = 50000;

    private Failures() {}

    /** @param doing what was being done, as {@code adding a key} */
    static StoreException of(String doing, SQLException e) {
        if (UNIQUE_VIOLATION.equals(e.getSQLState())) {
            return new StoreException.Duplicate(doing + ": a row of that name is there already", withoutValues(e));
        }
        if (away(e)) {
            return new StoreException.Away(
                    doing + ": the database does not answer; check that it runs and can be reached", e);
        }
        if (inTheWay(e)) {
            return new StoreException.Away(
                    doing + ": another transaction held what it needs for too long; try it again", withoutValues(e));
        }
        if (READ_ONLY.equals(e.getSQLState())) {
            return new StoreException.ReadOnly(doing + ": the database is read-only", withoutValues(e));
        }
        return new StoreException(
                doing + ": the database refused it (SQL state " + e.getSQLState() + ")", withoutValues(e));
    }

    /** Whether the connection, not the statement, is what failed. */
    static boolean away(SQLException e) {
        String state = e.getSQLState();
        return e instanceof SQLTransientConnectionException
                || state == null
                || connectionState(state)
                || state.equals(H2_GENERAL) && e.getErrorCode() == H2_WRITE_FAILED;
    }

    /**
     * Whether somebody else's transaction is what it failed for: a lock that was waited for too long, a deadlock, two that cannot be put in
     * an order. That says nothing of what was to be written.
     */
    private static boolean inTheWay(SQLException e) {
        String state = e.getSQLState();
        return state != null
                && (state.startsWith(ROLLED_BACK) || state.equals(H2_LOCK_TIMEOUT) || state.equals(LOCK_NOT_AVAILABLE));
    }

    private static boolean connectionState(String state) {
        return state.startsWith("08")
                || state.startsWith("57P")
                || state.startsWith("53")
                || state.startsWith("28")
                || state.startsWith("3D")
                || state.startsWith("90"); // H2's own: the file is closed, full or broken
    }

    /** A stand-in with the same code and stack: drivers quote keys, addresses and statements in the message. */
    private static SQLException withoutValues(SQLException e) {
        @Nullable String state = e.getSQLState();
        SQLException plain = new SQLException(
                "SQL state " + state + ", vendor code " + e.getErrorCode() + " (the driver's text may quote values)",
                state,
                e.getErrorCode());
        plain.setStackTrace(e.getStackTrace());
        return plain;
    }
}
