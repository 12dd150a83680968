package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageFormat;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Adds segments to the index of the ledger, one at a time, the oldest first, when all of its blocks are there. It is made beside the
 * ledger, which is held only while the result is written; of several processes that make the same, the second throws its own away. Blocks.
 */
final class SegmentIndexer {
    private static final Logger LOG = System.getLogger(SegmentIndexer.class.getName());
    private static final String DOING = "indexing the ledger";
    /** Blocks that are held at once: of many records, and of few. */
    private static final int LARGE_AT_ONCE = 4;

    private static final int SMALL_AT_ONCE = 256;
    private static final int SMALL = 64;
    /** Rows written by one statement. */
    private static final int PARTS_AT_ONCE = 8;

    private static final NamedSql HEAD = NamedSql.of("SELECT next_seq, indexed_seq FROM usage_head WHERE id = 1");
    private static final NamedSql HOLD = HEAD.and(" FOR UPDATE");
    // not the smallest number of all, for which H2 would read all
    static final NamedSql FIRST = NamedSql.of("SELECT seq FROM usage_blocks WHERE seq >= :from ORDER BY seq LIMIT 1");
    private static final String SOME =
            "SELECT seq, tenant_id, records, first_at, last_at, coding, data FROM usage_blocks"
                    + " WHERE seq >= :from AND seq < :to ORDER BY seq LIMIT ";
    static final NamedSql LARGE_BLOCKS = NamedSql.of(SOME + LARGE_AT_ONCE);
    private static final NamedSql SMALL_BLOCKS = NamedSql.of(SOME + SMALL_AT_ONCE);
    static final NamedSql ANY =
            NamedSql.of("SELECT seq FROM usage_blocks WHERE seq >= :from AND seq < :to ORDER BY seq LIMIT 1");
    private static final NamedSql ADD_SEGMENT =
            NamedSql.insert("usage_segments", List.of("number", "first_at", "last_at", "opaque"));
    private static final NamedSql ADD_PART = NamedSql.insert("usage_index", List.of("id", "coding", "data"));
    private static final NamedSql MOVE = NamedSql.of("UPDATE usage_head SET indexed_seq = :to WHERE id = 1");
    private static final NamedSql FORGET_SEGMENT = NamedSql.of("DELETE FROM usage_segments WHERE number = :number");
    private static final NamedSql FORGET_PARTS = NamedSql.of("DELETE FROM usage_index WHERE id >= :from AND id < :to");

    private final Sql sql;
    private final UsageFormat format;
    private final IndexLayout layout;

    SegmentIndexer(Sql sql, UsageFormat format, IndexLayout layout) {
        this.sql = sql;
        this.format = format;
        this.layout = layout;
    }

    /**
     * How far the ledger and its index have come.
     *
     * @param next number of the ledger
     * @param indexed blocks that begin before it are in the index
     */
    record Head(long next, long indexed) {
        private static Head of(Row row) throws SQLException {
            return new Head(row.number("next_seq"), row.number("indexed_seq"));
        }
    }

    Head head() {
        return sql.first(DOING, HEAD, Params.none(), Head::of).orElseThrow();
    }

    /** A row of the ledger; not a record, which would compare the array by its identity. */
    private static final class Block {
        private final long seq;
        private final UUID tenantId;
        private final int records;
        private final Instant firstAt;
        private final Instant lastAt;
        private final int coding;
        private final byte[] data;

        private Block(Row row) throws SQLException {
            this.seq = row.number("seq");
            this.tenantId = row.uuid("tenant_id");
            this.records = row.integer("records");
            this.firstAt = row.time("first_at");
            this.lastAt = row.time("last_at");
            this.coding = row.integer("coding");
            this.data = row.bytes("data");
        }
    }

    /** Adds one segment; false: none is full that is not in the index. */
    boolean step() {
        Head head = head();
        Optional<Long> first = sql.first(DOING, FIRST, Params.of("from", head.indexed), row -> row.number("seq"));
        long segment = layout.segment(first.orElse(head.next));
        if (first.isEmpty() || layout.begin(segment + 1) > head.next) {
            return false;
        }
        SegmentBuilder built = build(segment);
        List<Params> parts = coded(segment, built);
        sql.transactions().inTransaction(() -> {
            write(segment, head.indexed, built.blocks(), parts);
            return true;
        });
        return true;
    }

    private Params range(long segment) {
        return Params.of("from", layout.begin(segment)).and("to", layout.begin(segment + 1));
    }

    private SegmentBuilder build(long segment) {
        SegmentBuilder builder = new SegmentBuilder();
        Params range = range(segment);
        NamedSql page = LARGE_BLOCKS;
        List<Block> some = sql.list(DOING, page, range, Block::new);
        while (!some.isEmpty()) {
            int records = 0;
            for (Block block : some) {
                add(block, builder, layout.begin(segment));
                records += block.records;
            }
            page = records <= SMALL * some.size() ? SMALL_BLOCKS : LARGE_BLOCKS;
            some = sql.list(DOING, page, range.and("from", some.getLast().seq + 1), Block::new);
        }
        return builder;
    }

    private void add(Block block, SegmentBuilder builder, long base) {
        SegmentBlocks.Entry entry = entry(block, base, false);
        if (entry.begin() <= builder.at() || block.records < 1 || block.records > UsageBlock.MAX_RECORDS) {
            builder.end(opaque(block, base, null));
            return;
        }
        try {
            builder.begin(entry);
            format.traits(BlockCoding.decode(block.coding, block.data), builder);
            boolean all = builder.at() == entry.begin() + entry.records() - 1;
            builder.end(all ? entry : opaque(block, base, null));
        } catch (StoreException e) {
            builder.end(opaque(block, base, e));
        }
    }

    private static SegmentBlocks.Entry entry(Block b, long base, boolean opaque) {
        return new SegmentBlocks.Entry(b.tenantId, (int) (b.seq - base), b.records, b.firstAt, b.lastAt, opaque);
    }

    private static SegmentBlocks.Entry opaque(Block block, long base, @Nullable StoreException cause) {
        LOG.log(
                Level.WARNING,
                "event 6910: the block " + block.seq
                        + " of the ledger cannot be read, and is not in the index for searches; see"
                        + " llmproxyctl ledger check",
                cause);
        return entry(block, base, true);
    }

    private static List<Params> coded(long segment, SegmentBuilder built) {
        List<Params> rows = new ArrayList<>();
        for (SegmentBuilder.Part part : built.parts()) {
            BlockCoding.Coded coded = BlockCoding.small(part.bytes());
            rows.add(Params.of("id", IndexLayout.id(segment, part.number()))
                    .and("coding", coded.coding())
                    .and("data", coded.data()));
        }
        return rows;
    }

    private void write(long segment, long indexed, SegmentBlocks.Writer blocks, List<Params> parts) {
        Head now = sql.first(DOING, HOLD, Params.none(), Head::of).orElseThrow();
        if (now.indexed != indexed) {
            return; // another process was faster
        }
        Instant firstAt = blocks.firstAt();
        Instant lastAt = blocks.lastAt();
        // purges hold the head as well: none comes between
        if (firstAt != null && lastAt != null && !isEmpty(segment)) {
            sql.update(
                    DOING,
                    ADD_SEGMENT,
                    Params.of("number", segment)
                            .and("first_at", firstAt)
                            .and("last_at", lastAt)
                            .and("opaque", blocks.opaque()));
            for (int from = 0; from < parts.size(); from += PARTS_AT_ONCE) {
                sql.updateAll(DOING, ADD_PART, parts.subList(from, Math.min(parts.size(), from + PARTS_AT_ONCE)));
            }
        }
        sql.update(DOING, MOVE, Params.of("to", layout.begin(segment + 1)));
    }

    private boolean isEmpty(long segment) {
        return sql.first(DOING, ANY, range(segment), row -> row.number("seq")).isEmpty();
    }

    /** Deletes what the index has of segments without blocks; called by whoever holds the head, after blocks were deleted. */
    void forget(Iterable<Long> segments) {
        for (long segment : segments) {
            if (isEmpty(segment)) {
                sql.update("purging the ledger", FORGET_SEGMENT, Params.of("number", segment));
                sql.update(
                        "purging the ledger",
                        FORGET_PARTS,
                        Params.of("from", IndexLayout.id(segment, 0)).and("to", IndexLayout.id(segment + 1, 0)));
            }
        }
    }
}
