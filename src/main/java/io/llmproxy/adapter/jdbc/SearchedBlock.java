package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.BlockTraits;
import io.llmproxy.domain.usage.RequestQuery;
import java.sql.SQLException;
import java.time.Instant;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A block that a search opens. Ordered as a search goes over them, the newest first.
 *
 * @param records those that are looked at, of its segment, where its own begin with {@code begin}; null: all
 */
record SearchedBlock(
        Instant lastAt, long seq, int begin, @Nullable BitSet records) implements Comparable<SearchedBlock> {
    /** In the place of one that need not be opened. */
    static final SearchedBlock NONE = new SearchedBlock(Instant.EPOCH, 0, 0, null);

    /** By its summary, or {@link #NONE}. */
    static SearchedBlock summarized(Row row, RequestQuery query, List<int[]> terms) throws SQLException {
        UUID tenant = row.uuid("tenant_id");
        Instant lastAt = row.time("last_at");
        if (query.tenantId() != null && !query.tenantId().equals(tenant)
                || query.hidden().contains(tenant)
                || query.from() != null && lastAt.isBefore(query.from())
                || query.to() != null && row.time("first_at").isAfter(query.to())
                || !BlockTraits.may(row.bytesOrNull("traits"), terms)) {
            return NONE;
        }
        return new SearchedBlock(lastAt, row.number("seq"), 0, null);
    }

    /** @param base the number with which its segment begins */
    static SearchedBlock indexed(SegmentBlocks.Entry entry, long base, BitSet records) {
        return new SearchedBlock(entry.lastAt(), base + entry.begin(), entry.begin(), records);
    }

    @Override
    public int compareTo(SearchedBlock other) {
        int byTime = other.lastAt.compareTo(lastAt);
        return byTime == 0 ? Long.compare(other.seq, seq) : byTime;
    }

    /** The index of the next record in the block that is to be looked at, from that one on; -1: none, or the block has ended before. */
    int next(int index) {
        if (records == null) {
            return index;
        }
        int next = records.nextSetBit(begin + index);
        return next < 0 ? -1 : next - begin;
    }
}
