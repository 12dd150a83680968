package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageFormat;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
}
