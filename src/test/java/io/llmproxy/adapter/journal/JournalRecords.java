package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.BlockTraits;
import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageFormat;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Records to batches and back, by a real journal. */
public final class JournalRecords {
    private JournalRecords() {}

    /** The records of a batch; none of none. */
    public static List<UsageRecord> of(@Nullable UsageBatch batch) {
        List<UsageRecord> records = new ArrayList<>();
        for (UsageBlock block : batch == null ? List.<UsageBlock>of() : batch.blocks()) {
            UsageFormat.Records in = new JournalFormat().open(block.frames());
            for (UsageRecord record = in.next(); record != null; record = in.next()) {
                records.add(record);
            }
        }
        return records;
    }

    /** One batch of all the records, from the beginning of a journal that nothing else is in. */
    public static UsageBatch batch(Path directory, List<UsageRecord> records) {
        try (FileUsageJournal journal = FileUsageJournal.open(directory, Duration.ofMillis(100))) {
            records.forEach(journal::append);
            UsageBatch batch = journal.next(Integer.MAX_VALUE);
            if (batch == null) {
                throw new IllegalArgumentException("no records");
            }
            return batch;
        }
    }

    /** The same batch in blocks of so many records, as it would be had they been written one flush after the other. */
    public static UsageBatch split(UsageBatch batch, int records) {
        List<UsageBlock> blocks = new ArrayList<>();
        for (UsageBlock block : batch.blocks()) {
            ByteBuffer frames = ByteBuffer.wrap(block.frames());
            while (frames.hasRemaining()) {
                blocks.add(next(block, frames, records));
            }
        }
        return new UsageBatch(batch.journal(), batch.from(), batch.to(), batch.passed(), blocks, batch.rollups());
    }

    private static UsageBlock next(UsageBlock whole, ByteBuffer frames, int most) {
        int begin = frames.position();
        for (int i = 0; i < most && frames.hasRemaining(); i++) {
            frames.position(frames.position() + Frames.HEADER + frames.getInt(frames.position()));
        }
        byte[] some = Arrays.copyOfRange(whole.frames(), begin, frames.position());
        BlockTraits.Gathering traits = new BlockTraits.Gathering();
        List<Instant> times = new ArrayList<>();
        UsageFormat format = new JournalFormat();
        format.traits(some, new BlockTraits.Records() {
            @Override
            public void next() {
                // the traits of all of them are gathered together
            }

            @Override
            public void add(int hash) {
                traits.add(hash);
            }
        });
        UsageFormat.Records records = format.open(some);
        for (UsageRecord r = records.next(); r != null; r = records.next()) {
            times.add(r.startedAt());
        }
        return new UsageBlock(
                whole.tenantId(),
                whole.tenantSlug(),
                times.size(),
                Collections.min(times),
                Collections.max(times),
                some,
                traits.take());
    }
}
