package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.BlockTraits;
import io.llmproxy.domain.usage.UsageBlock;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/** Gathers the frames of one tenant into blocks. Not thread-safe. */
final class BlockBuilder {
    private static final int FIRST_SIZE = 4096;
    private static final int UUID_SIZE = 16;

    private final UUID tenant;
    private final String slug;
    private final List<UsageBlock> done;
    private final BlockTraits.Gathering traits = new BlockTraits.Gathering();
    private byte[] frames = new byte[FIRST_SIZE];
    private int size;
    private int records;
    private long firstSeconds;
    private int firstNanos;
    private long lastSeconds;
    private int lastNanos;

    /** @param done where blocks go when they are full */
    BlockBuilder(UUID tenant, RecordBytes first, List<UsageBlock> done) throws IOException {
        this.tenant = tenant;
        this.done = done;
        int from = first.owner() + UUID_SIZE;
        this.slug = UsageRecordCodec.required(
                new DataInputStream(new ByteArrayInputStream(first.bytes(), from, first.ownerEnd() - from)));
    }

    boolean of(long tenantHigh, long tenantLow) {
        return tenant.getMostSignificantBits() == tenantHigh && tenant.getLeastSignificantBits() == tenantLow;
    }

    /** @param length of the frame, which begins at {@code from} */
    void add(RecordBytes record, byte[] bytes, int from, int length) {
        if (records == UsageBlock.MAX_RECORDS || records > 0 && size + length > UsageBlock.MAX_BYTES) {
            end();
        }
        if (frames.length - size < length) {
            frames = Arrays.copyOf(frames, Math.max(size + length, Math.min(2 * frames.length, UsageBlock.MAX_BYTES)));
        }
        System.arraycopy(bytes, from, frames, size, length);
        size += length;
        record.traits(traits);
        note(record.seconds(), record.nanos());
        records++;
    }

    private void note(long seconds, int nanos) {
        if (records == 0 || seconds < firstSeconds || seconds == firstSeconds && nanos < firstNanos) {
            firstSeconds = seconds;
            firstNanos = nanos;
        }
        if (records == 0 || seconds > lastSeconds || seconds == lastSeconds && nanos > lastNanos) {
            lastSeconds = seconds;
            lastNanos = nanos;
        }
    }

    void end() {
        if (records > 0) {
            done.add(new UsageBlock(
                    tenant,
                    slug,
                    records,
                    Instant.ofEpochSecond(firstSeconds, firstNanos),
                    Instant.ofEpochSecond(lastSeconds, lastNanos),
                    Arrays.copyOf(frames, size),
                    traits.take()));
        }
        size = 0;
        records = 0;
    }
}
