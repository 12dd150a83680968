package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageGroup;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageFormat;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Adds the figures that sums by hour did not have before: of a ledger that an earlier version wrote, once. All records are read for it,
 * within one transaction, and memory does not grow with them.
 */
final class RollupCompletion {
    private static final Logger LOG = System.getLogger(RollupCompletion.class.getName());
    private static final int GROUPS_AT_ONCE = 10_000;
    private static final NamedSql WHOLE = NamedSql.of("SELECT whole FROM usage_head WHERE id = 1");
    private static final NamedSql HOLD = NamedSql.of("SELECT whole FROM usage_head WHERE id = 1 FOR UPDATE");
    private static final NamedSql CLEAR =
            NamedSql.of("UPDATE usage_rollups SET cost_nanos = 0, unpriced = 0, uncharged = 0");
    private static final NamedSql DONE = NamedSql.of("UPDATE usage_head SET whole = TRUE WHERE id = 1");
    private static final String DOING = "summing up the costs of the ledger";

    private final Sql sql;
    private final UsageBlocks blocks;
    private final UsageRollups rollups;

    RollupCompletion(Sql sql, UsageBlocks blocks, UsageRollups rollups) {
        this.sql = sql;
        this.blocks = blocks;
        this.rollups = rollups;
    }

    void run() {
        if (!is(WHOLE)) {
            // whoever holds the head writes the ledger alone
            sql.transactions().inTransaction(() -> is(HOLD) || complete());
        }
    }

    private boolean is(NamedSql whole) {
        return sql.first(DOING, whole, Params.none(), row -> row.flag("whole")).orElseThrow();
    }

    private boolean complete() {
        sql.update(DOING, CLEAR, Params.none());
        Map<UsageGroup, UsageFigures> sums = new HashMap<>();
        List<UsageBlocks.Block> some = blocks.after(Long.MIN_VALUE);
        while (!some.isEmpty()) {
            for (UsageBlocks.Block block : some) {
                of(block).forEach((group, figures) -> sums.merge(group, figures, UsageFigures::plus));
            }
            if (sums.size() >= GROUPS_AT_ONCE) {
                rollups.add(sums);
                sums.clear();
            }
            some = blocks.after(some.getLast().seq());
        }
        rollups.add(sums);
        sql.update(DOING, DONE, Params.none());
        return true;
    }

    private Map<UsageGroup, UsageFigures> of(UsageBlocks.Block block) {
        Map<UsageGroup, UsageFigures> sums = new HashMap<>();
        try {
            UsageFormat.Records records = blocks.open(block);
            for (UsageRecord r = records.next(); r != null; r = records.next()) {
                sums.merge(
                        UsageTexts.clean(UsageGroup.of(r)), UsageFigures.of(r).added(), UsageFigures::plus);
            }
        } catch (StoreException.Away e) {
            throw e;
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "a damaged block of the ledger, " + block.seq()
                            + ", has no costs in the sums; see llmproxyctl ledger check",
                    e);
        }
        return sums;
    }
}
