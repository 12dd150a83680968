package io.llmproxy.adapter.jdbc;

import io.llmproxy.port.StoreException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Gives blocks of the ledger their summaries that a program from before these wrote after the migration which made them: on PostgreSQL several
 * processes follow one another, and the older ones go on writing until it is their turn. Nobody runs an older one for as long as
 * {@link #RECENT} looks back, so later there is nothing to look for.
 *
 * <p>Blocks are numbered in the order of their commits, so that what was looked at need not be looked at again. Safe for several threads.
 */
final class SummaryCompletion {
    private static final Logger LOG = System.getLogger(SummaryCompletion.class.getName());
    private static final String DOING = "completing the summaries of the ledger";
    private static final NamedSql RECENT = NamedSql.of("SELECT COUNT(*) AS migrations FROM \"" + Migrations.HISTORY
            + "\" WHERE \"version\" = '12' AND \"installed_on\" > LOCALTIMESTAMP - INTERVAL '30' DAY");
    private static final NamedSql NEXT = NamedSql.of("SELECT next_seq FROM usage_head WHERE id = 1");
    private static final NamedSql ADD = NamedSql.of("INSERT INTO usage_summaries (seq, tenant_id, first_at, last_at)"
            + " SELECT b.seq, b.tenant_id, b.first_at, b.last_at FROM usage_blocks b WHERE b.seq >= :from_seq"
            + " AND NOT EXISTS (SELECT 1 FROM usage_summaries s WHERE s.seq = b.seq) ON CONFLICT DO NOTHING");
    private static final NamedSql WIDEN = NamedSql.of("UPDATE usage_head SET span_micros = GREATEST(span_micros,"
            + " COALESCE((SELECT MAX(CAST(EXTRACT(EPOCH FROM last_at) AS BIGINT)"
            + " - CAST(EXTRACT(EPOCH FROM first_at) AS BIGINT) + 2)"
            + " FROM usage_summaries WHERE seq >= :from_seq AND traits IS NULL), 0) * 1000000) WHERE id = 1");

    private final Sql sql;
    private volatile long complete;
    private volatile boolean over;

    SummaryCompletion(Sql sql) {
        this.sql = sql;
        // an embedded database was never open to an older program and a newer one at once
        this.over = sql.dialect() == SqlDialect.H2;
    }

    /** Call it before the summaries are read. Blocks; the first time as long as comparing the numbers of all blocks takes. */
    void run() {
        if (over) {
            return;
        }
        try {
            over = sql.first(DOING, RECENT, Params.none(), row -> row.number("migrations"))
                            .orElse(0L)
                    == 0;
            long next = sql.first(DOING, NEXT, Params.none(), row -> row.number("next_seq"))
                    .orElseThrow();
            if (!over && next != complete) {
                sql.transactions().inTransaction(() -> add(complete));
                complete = next;
            }
        } catch (StoreException e) {
            // what there is can be searched all the same, as on a database that is read-only for now
            LOG.log(Level.DEBUG, DOING, e);
        }
    }

    private boolean add(long from) {
        boolean some = sql.update(DOING, ADD, Params.of("from_seq", from)) > 0;
        if (some) {
            sql.update(DOING, WIDEN, Params.of("from_seq", from));
        }
        return some;
    }
}
