package io.llmproxy.adapter.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** What the two databases do not do alike; everything else is the same SQL. */
enum SqlDialect {
    H2 {
        @Override
        int snapshotIsolation() {
            // H2's REPEATABLE READ keeps only those tables still that the transaction has read; SERIALIZABLE keeps all
            return Connection.TRANSACTION_SERIALIZABLE;
        }

        @Override
        String bytewise(String column) {
            return column;
        }

        @Override
        boolean committedIsDurable() {
            return false;
        }

        @Override
        void stream(Statement statement, boolean on) throws SQLException {
            // else it collects a result whole, in memory and in a file, before it gives the first row
            statement.execute("SET LAZY_QUERY_EXECUTION " + (on ? "1" : "0"));
        }
    },
    POSTGRESQL {
        @Override
        int snapshotIsolation() {
            return Connection.TRANSACTION_REPEATABLE_READ;
        }

        @Override
        String bytewise(String column) {
            return column + " COLLATE \"C\"";
        }

        @Override
        boolean committedIsDurable() {
            return true;
        }

        @Override
        void stream(Statement statement, boolean on) {
            // inside a transaction the driver fetches as many rows as the statement says
        }
    };

    /** The isolation level at which every query of a transaction sees the same moment. */
    abstract int snapshotIsolation();

    /** The column, compared and ordered by its bytes whatever the locale of the database. */
    abstract String bytewise(String column);

    /** Whether a commit returns only when the disk has it. H2 writes half a second later, unless it is told to. */
    abstract boolean committedIsDurable();

    /** Whether queries on the statement's connection give rows as they are found. */
    abstract void stream(Statement statement, boolean on) throws SQLException;
}
