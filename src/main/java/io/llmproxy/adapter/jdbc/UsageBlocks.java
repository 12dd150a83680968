package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.UsageFormat;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/** Reads blocks, a few at a time, so that memory does not grow with the ledger. */
final class UsageBlocks {
    /** How many blocks are held at once. */
    static final int AT_ONCE = 4;

    private static final NamedSql NEXT =
            NamedSql.of("SELECT * FROM usage_blocks WHERE seq > :seq ORDER BY seq LIMIT " + AT_ONCE);

    private final Sql sql;
    private final UsageFormat format;

    UsageBlocks(Sql sql, UsageFormat format) {
        this.sql = sql;
        this.format = format;
    }

    /** A row of the table; not a record, which would compare the arrays by their identity. */
    static final class Block {
        private final long seq;
        private final UUID tenantId;
        private final String tenantSlug;
        private final int records;
        private final Instant firstAt;
        private final Instant lastAt;
        private final int coding;
        private final byte[] digest;
        private final byte[] data;

        Block(Row row) throws SQLException {
            this.seq = row.number("seq");
            this.tenantId = row.uuid("tenant_id");
            this.tenantSlug = row.text("tenant_slug");
            this.records = row.integer("records");
            this.firstAt = row.time("first_at");
            this.lastAt = row.time("last_at");
            this.coding = row.integer("coding");
            this.digest = row.bytes("digest");
            this.data = row.bytes("data");
        }

        long seq() {
            return seq;
        }

        UUID tenantId() {
            return tenantId;
        }

        String tenantSlug() {
            return tenantSlug;
        }

        int records() {
            return records;
        }

        Instant firstAt() {
            return firstAt;
        }

        Instant lastAt() {
            return lastAt;
        }

        /** The number of its last record. */
        long end() {
            return seq + records - 1;
        }

        byte[] digest() {
            return digest;
        }

        byte[] data() {
            return data;
        }
    }

    /** The records of a block, with texts as they were written. */
    UsageFormat.Records open(Block block) {
        return format.open(BlockCoding.decode(block.coding, block.data));
    }

    /** The next blocks in which a record behind the number {@code after} may match, at most {@link #AT_ONCE}. */
    List<Block> behind(UsageQuery query, long after) {
        NamedSql page = NamedSql.of("SELECT * FROM usage_blocks WHERE " + filter(query)
                + " AND seq > :low AND seq + records - 1 > :after ORDER BY seq LIMIT " + AT_ONCE);
        Params params = params(query).and("after", after).and("low", after - UsageBlock.MAX_RECORDS);
        return sql.list("reading the ledger", page, params, Block::new);
    }

    /** The next blocks by their first number alone, whatever else is in their rows, at most {@link #AT_ONCE}. */
    List<Block> after(long seq) {
        return sql.list("reading the ledger", NEXT, Params.of("seq", seq), Block::new);
    }

    /** All records that match, in their order, clean. */
    void each(UsageQuery query, Consumer<UsageRecord> sink) {
        long after = 0;
        List<Block> blocks = behind(query, after);
        while (!blocks.isEmpty()) {
            for (Block block : blocks) {
                UsageFormat.Records records = open(block);
                for (UsageRecord r = records.next(); r != null; r = records.next()) {
                    if (matches(query, r)) {
                        sink.accept(UsageTexts.clean(r));
                    }
                }
                after = block.end();
            }
            blocks = blocks.size() < AT_ONCE ? List.of() : behind(query, after);
        }
    }

    static boolean matches(UsageQuery query, UsageRecord r) {
        return (query.tenantId() == null || query.tenantId().equals(r.tenantId()))
                && (query.userId() == null || query.userId().equals(r.userId()))
                && (query.from() == null || !r.startedAt().isBefore(query.from()))
                && (query.to() == null || r.startedAt().isBefore(query.to()))
                && query.match().matches(r);
    }

    private static String filter(UsageQuery query) {
        List<String> conditions = new ArrayList<>(List.of("1 = 1"));
        if (query.tenantId() != null) {
            conditions.add("tenant_id = :tenant");
        }
        if (query.from() != null) {
            conditions.add("last_at >= :from");
        }
        if (query.to() != null) {
            // not less: the times in the row are cut to microseconds
            conditions.add("first_at <= :to");
        }
        return String.join(" AND ", conditions);
    }

    private static Params params(UsageQuery query) {
        return Params.of("tenant", query.tenantId()).and("from", query.from()).and("to", query.to());
    }
}
