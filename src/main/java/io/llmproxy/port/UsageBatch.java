package io.llmproxy.port;

import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.domain.usage.UsageRollup;
import java.util.List;
import java.util.UUID;

/**
 * Records on their way from a journal to the database, together with what the database keeps of them besides.
 *
 * @param journal whose records they are
 * @param from where the database has to stand before
 * @param to where it stands afterwards
 * @param passed how many records lie between the two; some of them may be left out of the blocks
 * @param rollups the sums of the blocks
 */
public record UsageBatch(
        UUID journal,
        JournalPosition from,
        JournalPosition to,
        int passed,
        List<UsageBlock> blocks,
        List<UsageRollup> rollups) {
    public UsageBatch {
        blocks = List.copyOf(blocks);
        rollups = List.copyOf(rollups);
    }

    /** How many records are in the blocks. */
    public int records() {
        return blocks.stream().mapToInt(UsageBlock::records).sum();
    }
}
