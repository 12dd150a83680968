package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.LedgerFault;
import io.llmproxy.domain.usage.LedgerFault.Check;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageGroup;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageFormat;
import io.llmproxy.port.UsageJournal;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One check of the ledger, within one transaction that sees one moment. It reads all blocks as often as memory of a bounded size
 * needs for request ids and hours: each time it looks at another part of them. Used once, by one thread.
 */
final class LedgerCheck {
    /** Request ids that are held at once: 32 MB. */
    private static final int IDS_AT_ONCE = 1 << 20;

    private static final int HOURS_AT_ONCE = 50_000;
    private static final NamedSql RECORDS =
            NamedSql.of("SELECT COUNT(*) AS blocks, SUM(records) AS records FROM usage_blocks");
    private static final NamedSql HEAD = NamedSql.of("SELECT next_seq, purged FROM usage_head WHERE id = 1");
    private static final NamedSql HOURS = NamedSql.of(
            "SELECT COUNT(*) AS hours FROM (SELECT DISTINCT tenant_id, hour_at FROM usage_rollups) AS distinct_hours");
    private static final NamedSql POSITIONS =
            NamedSql.of("SELECT journal_id, segment, byte_offset, records FROM usage_positions");
    private static final NamedSql PURGES = NamedSql.of("SELECT tenant_id, last_at FROM usage_purges");
    private static final int ROLLUPS_AT_ONCE = 1000;
    private static final NamedSql FIRST_ROLLUPS =
            NamedSql.of("SELECT * FROM usage_rollups ORDER BY tenant_id, hour_at, id LIMIT " + ROLLUPS_AT_ONCE);
    private static final NamedSql MORE_ROLLUPS = NamedSql.of("SELECT * FROM usage_rollups WHERE tenant_id > :tenant"
            + " OR (tenant_id = :tenant AND (hour_at > :hour OR (hour_at = :hour AND id > :id)))"
            + " ORDER BY tenant_id, hour_at, id LIMIT " + ROLLUPS_AT_ONCE);

    private final Sql sql;
    private final UsageBlocks blocks;
    private final List<LedgerFault> faults = new ArrayList<>();
    private final Map<Check, Long> counts = new EnumMap<>(Check.class);
    private final Map<Check, Long> faulty = new EnumMap<>(Check.class);

    LedgerCheck(Sql sql, UsageBlocks blocks) {
        this.sql = sql;
        this.blocks = blocks;
        for (Check check : Check.values()) {
            counts.put(check, 0L);
            faulty.put(check, 0L);
        }
    }

    private record Totals(long blocks, long records) {}

    LedgerReport run(Map<UUID, UsageJournal.Extent> journals) {
        Totals totals = sql.first(
                        "checking the ledger",
                        RECORDS,
                        Params.none(),
                        row -> new Totals(row.number("blocks"), row.number("records")))
                .orElseThrow();
        long hours = sql.first("checking the ledger", HOURS, Params.none(), row -> row.number("hours"))
                .orElse(0L);
        Map<UUID, Instant> purged = purged();
        int passes = (int) Math.max(totals.records / IDS_AT_ONCE, hours / HOURS_AT_ONCE) + 1;
        for (int pass = 0; pass < passes; pass++) {
            part(pass, passes, totals.records, purged);
        }
        checkTotals(totals);
        checkPositions(journals);
        return new LedgerReport(
                counts.entrySet().stream()
                        .map(e ->
                                new LedgerReport.Checked(e.getKey(), e.getValue(), faulty.getOrDefault(e.getKey(), 0L)))
                        .toList(),
                faults);
    }

    /** Until when tenants have sums of records that were deleted for their age. */
    private Map<UUID, Instant> purged() {
        Map<UUID, Instant> purged = new HashMap<>();
        sql.list(
                        "checking the ledger",
                        PURGES,
                        Params.none(),
                        row -> Map.entry(row.uuid("tenant_id"), row.time("last_at")))
                .forEach(mark -> purged.put(mark.getKey(), mark.getValue()));
        return purged;
    }

    /** Reads all blocks; looks at their bytes in the first pass, and at the ids and hours of this pass. */
    private void part(int pass, int passes, long records, Map<UUID, Instant> purged) {
        RequestIds ids = new RequestIds((int) Math.min(IDS_AT_ONCE, records) / passes, pass, passes);
        HourSums hours = new HourSums(pass, passes, purged);
        long end = 0;
        List<UsageBlocks.Block> some = blocks.after(Long.MIN_VALUE);
        while (!some.isEmpty()) {
            for (UsageBlocks.Block block : some) {
                if (pass == 0) {
                    count(Check.BLOCKS, 1);
                    checkNumbers(block, end);
                }
                checkRecords(block, pass == 0, ids, hours);
                end = Math.max(end, block.end());
            }
            some = blocks.after(some.getLast().seq());
        }
        eachRollup(hours::addRollup);
        hours.differences().forEach(d -> fault(Check.ROLLUPS, null, d.tenantSlug(), d.hour(), d.detail()));
        count(Check.REQUEST_IDS, ids.count());
        count(Check.ROLLUPS, hours.count());
    }

    private void checkNumbers(UsageBlocks.Block block, long end) {
        if (block.records() < 1 || block.seq() <= end) {
            fault(block, Check.BLOCKS, "its numbers, " + block.seq() + " to " + block.end() + ", are also of another");
        }
        if (!MessageDigest.isEqual(BlockCoding.digest(block.data()), block.digest())) {
            fault(block, Check.BLOCKS, "its bytes do not have their digest");
        }
    }

    private void checkRecords(UsageBlocks.Block block, boolean first, RequestIds ids, HourSums hours) {
        String broken = null;
        int found = 0;
        int twice = 0;
        @Nullable UUID one = null;
        try {
            UsageFormat.Records records = blocks.open(block);
            for (UsageRecord r = records.next(); r != null; r = records.next()) {
                found++;
                if (!ids.add(r.requestId())) {
                    twice++;
                    one = one == null ? r.requestId() : one;
                }
                hours.add(r);
                broken =
                        broken == null && outside(block, r) ? "the record " + r.requestId() + " is none of it" : broken;
            }
            if (found != block.records()) {
                broken = "it holds " + found + " records and should hold " + block.records();
            }
        } catch (StoreException e) {
            broken = "its bytes are no records: " + e.getMessage();
        }
        if (first && broken != null) {
            fault(block, Check.BLOCKS, broken);
        }
        if (one != null) {
            fault(block, Check.REQUEST_IDS, "request ids that stand before: " + twice + ", the first is " + one);
        }
    }

    private static boolean outside(UsageBlocks.Block block, UsageRecord r) {
        return !r.tenantId().equals(block.tenantId())
                || r.startedAt().isBefore(block.firstAt())
                || r.startedAt().isAfter(block.lastAt());
    }

    /** A row of the table of sums. */
    record Rollup(UUID id, UsageGroup group, UsageFigures figures) {
        private static Rollup of(Row row) throws SQLException {
            return new Rollup(row.uuid("id"), UsageRollups.group(row), UsageRollups.figures(row));
        }
    }

    private void eachRollup(Consumer<Rollup> sink) {
        List<Rollup> some = sql.list("checking the ledger", FIRST_ROLLUPS, Params.none(), Rollup::of);
        while (!some.isEmpty()) {
            some.forEach(sink);
            Rollup last = some.getLast();
            Params from = Params.of("tenant", last.group.tenantId())
                    .and("hour", last.group.hour())
                    .and("id", last.id);
            some = some.size() < ROLLUPS_AT_ONCE
                    ? List.of()
                    : sql.list("checking the ledger", MORE_ROLLUPS, from, Rollup::of);
        }
    }

    private record Position(UUID journal, JournalPosition at, long records) {}

    private List<Position> positions() {
        return sql.list(
                "checking the ledger",
                POSITIONS,
                Params.none(),
                row -> new Position(
                        row.uuid("journal_id"),
                        new JournalPosition(row.number("segment"), row.number("byte_offset")),
                        row.number("records")));
    }

    private record Head(long next, long purged) {}

    private void checkTotals(Totals totals) {
        Head head = sql.first(
                        "checking the ledger",
                        HEAD,
                        Params.none(),
                        row -> new Head(row.number("next_seq"), row.number("purged")))
                .orElseThrow();
        long handed = positions().stream().mapToLong(Position::records).sum();
        count(Check.TOTALS, 3);
        if (head.next - 1 != handed) {
            fault(
                    Check.TOTALS,
                    null,
                    null,
                    null,
                    "journals handed over " + handed + " records, and numbers were given to " + (head.next - 1));
        }
        if (totals.records + head.purged != handed) {
            fault(
                    Check.TOTALS,
                    null,
                    null,
                    null,
                    "journals handed over " + handed + " records, and there are " + totals.records
                            + ", not counting the " + head.purged + " that were deleted for their age");
        }
    }

    private void checkPositions(Map<UUID, UsageJournal.Extent> journals) {
        Map<UUID, JournalPosition> known = new HashMap<>();
        positions().forEach(p -> known.put(p.journal, p.at));
        for (Map.Entry<UUID, UsageJournal.Extent> journal : journals.entrySet().stream()
                .sorted(Comparator.comparing(Map.Entry::getKey))
                .toList()) {
            count(Check.POSITIONS, 1);
            JournalPosition at = known.getOrDefault(journal.getKey(), JournalPosition.START);
            UsageJournal.Extent extent = journal.getValue();
            // ahead of the files is no fault: a machine that lost its power may have lost their end, which the database
            // has
            if (at.compareTo(extent.committed()) < 0) {
                fault(
                        Check.POSITIONS,
                        null,
                        null,
                        null,
                        "the journal " + journal.getKey() + " is committed up to " + extent.committed()
                                + " as its directory knows, and in the database up to " + at);
            }
        }
    }

    private void count(Check check, long more) {
        counts.merge(check, more, Long::sum);
    }

    private void fault(UsageBlocks.Block block, Check check, String detail) {
        fault(check, block.seq(), block.tenantSlug(), block.firstAt(), detail);
    }

    private void fault(
            Check check, @Nullable Long block, @Nullable String tenant, @Nullable Instant time, String detail) {
        faulty.merge(check, 1L, Long::sum);
        if (faults.size() < LedgerReport.MAX_FAULTS) {
            faults.add(new LedgerFault(check, block, tenant, time, detail));
        }
    }
}
