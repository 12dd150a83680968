package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.Carrier;
import io.llmproxy.domain.usage.BlockTraits;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes the parts of one segment: takes its blocks in their order, and of each the traits of its records. Memory grows with the
 * traits of a segment, of which a record has seven at most. Not thread-safe.
 */
final class SegmentBuilder implements BlockTraits.Records {
    private static final int FIRST_SLOTS = 1024;
    private final SegmentBlocks.Writer blocks = new SegmentBlocks.Writer();
    private @Nullable Posting[] slots = new Posting[FIRST_SLOTS];
    private int size;
    private int at = -1;

    /** A hash, and the records that have it. */
    private static final class Posting {
        private final int hash;
        private final RunCode.Writer records = new RunCode.Writer();

        private Posting(int hash) {
            this.hash = hash;
        }
    }

    /** A part as it is stored; not a record, which would compare the array by its identity. */
    static final class Part {
        private final int number;
        private final byte[] bytes;

        private Part(int number, byte[] bytes) {
            this.number = number;
            this.bytes = bytes;
        }

        int number() {
            return number;
        }

        byte[] bytes() {
            return bytes;
        }
    }

    /** What comes next are the records of that block. */
    void begin(SegmentBlocks.Entry block) {
        at = block.begin() - 1;
    }

    @Override
    public void next() {
        at++;
    }

    /** The number of the record that came last, within the segment. */
    int at() {
        return at;
    }

    @Override
    public void add(int hash) {
        posting(hash).records.add(at);
    }

    /** The block of which all records have come, or which is opaque. */
    void end(SegmentBlocks.Entry block) {
        blocks.add(block);
        if (!block.opaque()) {
            posting(tenant(block.tenantId())).records.add(block.begin(), block.records());
        }
    }

    static int tenant(UUID id) {
        return BlockTraits.hash(BlockTraits.Kind.TENANT, id);
    }

    SegmentBlocks.Writer blocks() {
        return blocks;
    }

    private Posting posting(int hash) {
        int slot = slot(slots, hash);
        Posting found = slots[slot];
        if (found == null) {
            found = new Posting(hash);
            slots[slot] = found;
            size++;
            if (2 * size > slots.length) {
                grow();
            }
        }
        return found;
    }

    private static int slot(@Nullable Posting[] slots, int hash) {
        int mask = slots.length - 1;
        int slot = hash & mask;
        Posting there = slots[slot];
        while (there != null && there.hash != hash) {
            slot = slot + 1 & mask;
            there = slots[slot];
        }
        return slot;
    }

    private void grow() {
        @Nullable Posting[] larger = new Posting[2 * slots.length];
        for (Posting posting : slots) {
            if (posting != null) {
                larger[slot(larger, posting.hash)] = posting;
            }
        }
        slots = larger;
    }

    /** All parts but those that would be empty; gives way between them. */
    List<Part> parts() {
        VarInt.Writer[] buckets = new VarInt.Writer[IndexLayout.BUCKETS];
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new VarInt.Writer();
        }
        for (Posting posting : slots) {
            if (posting != null) {
                write(posting, buckets[IndexLayout.bucket(posting.hash)]);
            }
        }
        List<Part> parts = new ArrayList<>();
        for (int i = 0; i < buckets.length; i++) {
            if (buckets[i].size() > 0) {
                parts.add(new Part(i, buckets[i].bytes()));
            }
            Carrier.giveWay();
        }
        parts.add(new Part(IndexLayout.BLOCKS, blocks.bytes()));
        return parts;
    }

    private static void write(Posting posting, VarInt.Writer out) {
        RunCode.Writer records = posting.records;
        records.finish();
        out.addFixed(posting.hash);
        out.add(records.size());
        out.add(records.bytes(), records.size());
    }
}
