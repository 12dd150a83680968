package io.llmproxy.adapter.jdbc;

import java.sql.Connection;

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
    };

    /** The isolation level at which every query of a transaction sees the same moment. */
    abstract int snapshotIsolation();

    /** The column, compared and ordered by its bytes whatever the locale of the database. */
    abstract String bytewise(String column);

    /** Whether a commit returns only when the disk has it. H2 writes half a second later, unless it is told to. */
    abstract boolean committedIsDurable();
}
