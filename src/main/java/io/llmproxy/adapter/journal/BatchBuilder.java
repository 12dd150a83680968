package io.llmproxy.adapter.journal;

import io.llmproxy.domain.Carrier;
import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.UsageBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes a batch of the frames of one journal. Not thread-safe. */
final class BatchBuilder {
    /** Not more for one transaction, but for the last frame, so that a batch of long records is no burden. */
    private static final int MAX_BYTES = 4 << 20;
    /** So many records are read between two pauses for the requests. */
    private static final int AT_ONCE = 64;

    private final UUID journal;
    private final JournalPosition from;
    private final int max;
    private final RecordBytes record = new RecordBytes();
    private final RollupTable rollups = new RollupTable();
    private final List<UsageBlock> blocks = new ArrayList<>();
    private final Map<UUID, BlockBuilder> builders = new LinkedHashMap<>();
    private @Nullable BlockBuilder last;
    private JournalPosition to;
    private int records;
    private int bytes;

    BatchBuilder(UUID journal, JournalPosition from, int max) {
        this.journal = journal;
        this.from = from;
        this.to = from;
        this.max = max;
    }

    UUID journal() {
        return journal;
    }

    boolean full() {
        return records >= max || bytes >= MAX_BYTES;
    }

    /** Takes frames from that offset of the segment to its end, or until it is full. */
    void read(Segment segment, long offset) throws IOException {
        try (SegmentReader reader = new SegmentReader(segment.path(), offset, segment.size())) {
            boolean more = true;
            while (more && !full()) {
                more = reader.advance();
                if (more) {
                    add(reader, segment.damaged());
                }
                if (records % AT_ONCE == 0) {
                    Carrier.giveWay();
                }
            }
            to = more ? new JournalPosition(segment.number(), reader.position()) : segment.end();
        }
    }

    private void add(SegmentReader reader, boolean suspect) throws IOException {
        int at = reader.payload();
        // sound by its checksum and still no record: said and counted as damage when the file was recovered
        if (suspect && !Segment.decodes(ByteBuffer.wrap(reader.bytes(), at, reader.length()))) {
            return;
        }
        record.read(reader.bytes(), at);
        int length = Frames.HEADER + reader.length();
        builder().add(record, reader.bytes(), at - Frames.HEADER, length);
        rollups.add(record);
        records++;
        bytes += length;
    }

    private BlockBuilder builder() throws IOException {
        long high = record.tenantHigh();
        long low = record.tenantLow();
        BlockBuilder same = last;
        if (same != null && same.of(high, low)) {
            return same;
        }
        UUID tenant = new UUID(high, low);
        BlockBuilder builder = builders.get(tenant);
        if (builder == null) {
            builder = new BlockBuilder(tenant, record, blocks);
            builders.put(tenant, builder);
        }
        last = builder;
        return builder;
    }

    /** @param passed records between its beginning and its end that it does not hold */
    UsageBatch batch(int passed) throws IOException {
        builders.values().forEach(BlockBuilder::end);
        return new UsageBatch(journal, from, to, passed + records, blocks, rollups.rollups());
    }
}
