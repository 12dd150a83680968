package io.llmproxy.adapter.jdbc;

/** Removes what nobody counts any more from the book of leases. */
final class LeasePurge {
    /** Longer than any period that ends. */
    private static final String LONG_GONE = " < clock_timestamp() - INTERVAL '40 days'";

    /** Of limits that never end, what the dead have used is kept with the counter. */
    private static final NamedSql DEAD = NamedSql.of("WITH gone AS (DELETE FROM limit_shares s USING limit_processes p"
            + " WHERE p.id = s.process AND p.lease_until" + LONG_GONE
            + " RETURNING s.limit_id, s.subject, s.sure)"
            + " UPDATE limit_counters c SET known = c.known + g.sure FROM (SELECT limit_id, subject,"
            + " SUM(sure) AS sure FROM gone GROUP BY limit_id, subject) g"
            + " WHERE c.lasting AND c.limit_id = g.limit_id AND c.subject = g.subject");

    private static final NamedSql PROCESSES = NamedSql.of("DELETE FROM limit_processes p WHERE p.lease_until"
            + LONG_GONE + " AND NOT EXISTS (SELECT 1 FROM limit_shares s WHERE s.process = p.id)");
    private static final String DELETED = "limit_id ~ '^[0-9a-f]{8}-[0-9a-f-]{27}$'"
            + " AND NOT EXISTS (SELECT 1 FROM limits l WHERE CAST(l.id AS TEXT) = x.limit_id)";
    private static final NamedSql SHARES_OF_DELETED = NamedSql.of("DELETE FROM limit_shares x WHERE " + DELETED);
    private static final NamedSql COUNTERS = NamedSql.of("DELETE FROM limit_counters x WHERE NOT EXISTS"
            + " (SELECT 1 FROM limit_shares s WHERE s.limit_id = x.limit_id AND s.subject = x.subject)"
            + " AND ((" + DELETED + ") OR NOT x.lasting AND (x.known = 0"
            + " AND x.known_at < clock_timestamp() - INTERVAL '1 hour' OR x.known_at" + LONG_GONE + "))");

    private LeasePurge() {}

    /** Blocks. */
    static void run(Sql sql) {
        sql.update("purging shares of limits", DEAD, Params.none());
        sql.update("purging processes", PROCESSES, Params.none());
        sql.update("purging shares of limits", SHARES_OF_DELETED, Params.none());
        sql.update("purging shared counters", COUNTERS, Params.none());
    }
}
