package io.llmproxy.domain.usage;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something in the ledger that is not as it was written.
 *
 * @param check what was looked at
 * @param block the number of the block's first record; null where it is none of a block
 * @param tenant its slug; null where it is none of a tenant
 * @param time of the block's earliest request, or the beginning of the hour of the sums; null where it has none
 * @param detail what is wrong, in a sentence without the final stop
 */
public record LedgerFault(
        Check check,
        @Nullable Long block,
        @Nullable String tenant,
        @Nullable Instant time,
        String detail) {

    /** What is looked at. */
    public enum Check {
        /** The bytes of a block against its digest, its number of records and its times; the numbers of blocks against each other. */
        BLOCKS,
        /** That no request id stands twice. */
        REQUEST_IDS,
        /** The sums by hour against the records. */
        ROLLUPS,
        /** The number of records that journals handed over against the numbers given and the records there. */
        TOTALS,
        /** The positions of the journals of this process against their files. */
        POSITIONS
    }
}
