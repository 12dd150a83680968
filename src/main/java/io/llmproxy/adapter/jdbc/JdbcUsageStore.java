package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageGroup;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.domain.usage.UsageRollup;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageFormat;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The ledger in the database; its tables are explained where they are made, and in docs/adr/007. */
final class JdbcUsageStore implements UsageStore {
    /** A page that finds little ends after so many blocks, which are some hundred thousand records. */
    private static final int BLOCKS_OF_A_PAGE = 64;

    private static final NamedSql HOLD_HEAD = NamedSql.of("SELECT next_seq FROM usage_head WHERE id = 1 FOR UPDATE");
    private static final NamedSql NEXT = NamedSql.of("SELECT next_seq FROM usage_head WHERE id = 1");
    private static final NamedSql MOVE_HEAD = NamedSql.of(
            "UPDATE usage_head SET next_seq = :next," + " span_micros = GREATEST(span_micros, :span) WHERE id = 1");
    private static final NamedSql COUNT_PURGED =
            NamedSql.of("UPDATE usage_head SET purged = purged + :purged WHERE id = 1");
    private static final NamedSql APPEND = NamedSql.insert(
            "usage_blocks",
            List.of("seq", "tenant_id", "tenant_slug", "records", "first_at", "last_at", "coding", "digest", "data"));
    private static final NamedSql SUMMARIZE =
            NamedSql.insert("usage_summaries", List.of("seq", "tenant_id", "first_at", "last_at", "traits"));
    private static final NamedSql FORGET = NamedSql.of("DELETE FROM usage_summaries WHERE seq = :seq");
    private static final NamedSql POSITION =
            NamedSql.of("SELECT segment, byte_offset FROM usage_positions WHERE journal_id = :journal");
    private static final NamedSql MOVE = NamedSql.of("UPDATE usage_positions SET segment = :segment,"
            + " byte_offset = :byte_offset, records = records + :records WHERE journal_id = :journal_id");
    private static final NamedSql BEGIN =
            NamedSql.insert("usage_positions", List.of("journal_id", "segment", "byte_offset", "records"));
    static final NamedSql OLD = NamedSql.of("SELECT seq, records, last_at FROM usage_blocks WHERE tenant_id = :tenant"
            + " AND last_at < :before ORDER BY last_at, seq LIMIT " + UsageBlocks.AT_ONCE);
    private static final NamedSql DELETE = NamedSql.of("DELETE FROM usage_blocks WHERE seq = :seq");
    private static final NamedSql MARK = NamedSql.insert("usage_purges", List.of("tenant_id", "last_at"));
    private static final NamedSql MOVE_MARK =
            NamedSql.of("UPDATE usage_purges SET last_at = GREATEST(last_at, :last_at) WHERE tenant_id = :tenant_id");

    private final Sql sql;
    private final UsageBlocks blocks;
    private final UsageRollups rollups;
    private final SegmentIndexer index;
    private final IndexLayout layout;

    JdbcUsageStore(Sql sql, UsageFormat format) {
        this(sql, format, IndexLayout.USUAL);
    }

    JdbcUsageStore(Sql sql, UsageFormat format, IndexLayout layout) {
        this.sql = sql;
        this.blocks = new UsageBlocks(sql, format);
        this.rollups = new UsageRollups(sql);
        this.layout = layout;
        this.index = new SegmentIndexer(sql, format, layout);
    }

    /** Blocks until all sums have all figures: at the first start on a ledger of an earlier version as long as reading all of it. */
    JdbcUsageStore complete() {
        new RollupCompletion(sql, blocks, rollups).run();
        return this;
    }

    @Override
    public JournalPosition position(UUID journal) {
        return found(journal).orElse(JournalPosition.START);
    }

    private Optional<JournalPosition> found(UUID journal) {
        return sql.first(
                "reading the position of a journal",
                POSITION,
                Params.of("journal", journal),
                row -> new JournalPosition(row.number("segment"), row.number("byte_offset")));
    }

    /** The number that the next record gets; nobody else writes the ledger until the transaction ends. */
    private long holdHead() {
        return sql.first("holding the ledger", HOLD_HEAD, Params.none(), row -> row.number("next_seq"))
                .orElseThrow();
    }

    @Override
    public boolean append(UsageBatch batch) {
        // before the transaction: coding takes longer than writing
        List<Params> rows = batch.blocks().stream().map(JdbcUsageStore::row).toList();
        return sql.transactions().inTransaction(() -> {
            long next = holdHead();
            Optional<JournalPosition> position = found(batch.journal());
            if (!position.orElse(JournalPosition.START).equals(batch.from())) {
                return false;
            }
            for (int i = 0; i < rows.size(); i++) {
                rows.get(i).and("seq", next);
                next += batch.blocks().get(i).records();
            }
            if (!rows.isEmpty()) {
                sql.updateAll("writing the ledger", APPEND, rows);
                sql.updateAll("writing the ledger", SUMMARIZE, rows);
                sql.update(
                        "writing the ledger", MOVE_HEAD, Params.of("next", next).and("span", span(batch.blocks())));
            }
            rollups.add(sums(batch.rollups()));
            sql.update("moving the position of a journal", position.isPresent() ? MOVE : BEGIN, position(batch));
            return true;
        });
    }

    /** Microseconds between the first and the last record of the longest block. */
    private static long span(List<UsageBlock> blocks) {
        return blocks.stream()
                .mapToLong(b -> ChronoUnit.MICROS.between(b.firstAt(), b.lastAt()) + 2)
                .max()
                .orElse(0);
    }

    private static Params row(UsageBlock block) {
        BlockCoding.Coded coded = BlockCoding.quick(block.frames());
        return Params.of("tenant_id", block.tenantId())
                .and("tenant_slug", Texts.clean(block.tenantSlug(), 63))
                .and("records", block.records())
                .and("first_at", block.firstAt())
                // up, where times are cut, so that no record is later than its block says
                .and("last_at", block.lastAt().plusNanos(999).truncatedTo(ChronoUnit.MICROS))
                .and("coding", coded.coding())
                .and("digest", BlockCoding.digest(coded.data()))
                .and("traits", block.traits())
                .and("data", coded.data());
    }

    private static Params position(UsageBatch batch) {
        return Params.of("journal_id", batch.journal())
                .and("segment", batch.to().segment())
                .and("byte_offset", batch.to().offset())
                .and("records", batch.records());
    }

    private static Map<UsageGroup, UsageFigures> sums(List<UsageRollup> rollups) {
        Map<UsageGroup, UsageFigures> sums = HashMap.newHashMap(rollups.size());
        rollups.forEach(r -> sums.merge(UsageTexts.clean(r.group()), r.figures(), UsageFigures::plus));
        return sums;
    }

    @Override
    public List<UsageQuery.Row> report(UsageQuery query, List<UsageQuery.Dimension> by) {
        return new UsageReport(sql, blocks).rows(query, by);
    }

    @Override
    public List<UsageQuery.Sum> sums(@Nullable Instant from, boolean detailed) {
        return detailed ? UsageStore.super.sums(from, true) : new UsageSums(sql, blocks).since(from);
    }

    @Override
    public void slices(Instant from, @Nullable Instant to, Duration width, boolean detailed, Slices sink) {
        if (detailed || width.toMinutes() % 60 != 0) {
            UsageStore.super.slices(from, to, width, detailed, sink);
        } else {
            new UsageSums(sql, blocks).slices(from, to, width, sink);
        }
    }

    @Override
    public void each(UsageQuery query, Consumer<UsageRecord> sink) {
        blocks.each(query, sink);
    }

    private record Numbered(long seq, UsageRecord record) {}

    @Override
    public Page<UsageRecord> list(UsageQuery query, Page.Request request) {
        long after = Pages.position(request.after(), 0);
        List<Numbered> rows = new ArrayList<>();
        for (int read = 0; read < BLOCKS_OF_A_PAGE; read += UsageBlocks.AT_ONCE) {
            List<UsageBlocks.Block> some = blocks.behind(query, after);
            for (UsageBlocks.Block block : some) {
                read(block, query, after, request.limit() + 1, rows);
                if (rows.size() > request.limit()) {
                    return Pages.of(rows, request.limit(), n -> String.valueOf(n.seq))
                            .map(Numbered::record);
                }
                after = block.end();
            }
            if (some.size() < UsageBlocks.AT_ONCE) {
                return new Page<>(rows, null).map(Numbered::record);
            }
        }
        return new Page<>(rows, String.valueOf(after)).map(Numbered::record);
    }

    private void read(UsageBlocks.Block block, UsageQuery query, long after, int enough, List<Numbered> rows) {
        UsageFormat.Records records = blocks.open(block);
        long seq = Math.max(block.seq(), after + 1);
        records.skip((int) (seq - block.seq()));
        UsageRecord record = records.next();
        while (record != null && rows.size() < enough) {
            if (UsageBlocks.matches(query, record)) {
                rows.add(new Numbered(seq, UsageTexts.clean(record)));
            }
            seq++;
            record = rows.size() < enough ? records.next() : null;
        }
    }

    @Override
    public String end() {
        long next = sql.first("reading the ledger", NEXT, Params.none(), row -> row.number("next_seq"))
                .orElseThrow();
        return String.valueOf(next - 1);
    }

    /** The sums by hour stay: they name no request, and reports and bills of that time are made of them. */
    @Override
    public int purge(UUID tenantId, Instant before, int max) {
        return sql.transactions().inTransaction(() -> {
            holdHead();
            int purged = 0;
            int deleted = 1;
            Set<Long> segments = new HashSet<>();
            while (deleted > 0 && purged < max) {
                deleted = purgeSome(tenantId, before, segments);
                purged += deleted;
            }
            if (purged > 0) {
                index.forget(segments);
                sql.update("purging the ledger", COUNT_PURGED, Params.of("purged", purged));
            }
            return purged;
        });
    }

    private record Old(long seq, int records, Instant lastAt) {
        static Old of(Row row) throws SQLException {
            return new Old(row.number("seq"), row.integer("records"), row.time("last_at"));
        }
    }

    /** Without looking into the blocks, so that one that is damaged goes like others. */
    private int purgeSome(UUID tenantId, Instant before, Set<Long> segments) {
        Params params = Params.of("tenant", tenantId).and("before", before);
        List<Old> old = sql.list("purging the ledger", OLD, params, Old::of);
        for (Old block : old) {
            sql.update("purging the ledger", DELETE, Params.of("seq", block.seq()));
            sql.update("purging the ledger", FORGET, Params.of("seq", block.seq()));
            segments.add(layout.segment(block.seq()));
        }
        if (!old.isEmpty()) {
            // they come in the order of their times
            markPurged(tenantId, old.getLast().lastAt());
        }
        return old.stream().mapToInt(Old::records).sum();
    }

    private void markPurged(UUID tenantId, Instant lastAt) {
        Params mark = Params.of("tenant_id", tenantId).and("last_at", lastAt);
        if (sql.update("purging the ledger", MOVE_MARK, mark) == 0) {
            sql.update("purging the ledger", MARK, mark);
        }
    }

    @Override
    public LedgerReport check(Map<UUID, UsageJournal.Extent> journals) {
        return sql.transactions().snapshot(() -> new LedgerCheck(sql, blocks).run(journals));
    }
}
