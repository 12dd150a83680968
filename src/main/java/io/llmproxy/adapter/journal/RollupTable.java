package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageGroup;
import io.llmproxy.domain.usage.UsageRollup;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Sums by group, which are found by the bytes that they stand in: a hash table with open addressing, so that a record costs no
 * object. Not thread-safe.
 */
final class RollupTable {
    private static final int HOUR = 3600;
    private final CRC32C crc = new CRC32C();
    private @Nullable Entry[] slots = new Entry[64];
    private int size;

    private static final class Entry {
        private final int hash;
        private final long hour;
        private final byte[] key;
        private final int ownerLength;
        private final long[] sums = new long[RecordBytes.FIGURES];

        private Entry(int hash, long hour, RecordBytes record) {
            this.hash = hash;
            this.hour = hour;
            this.ownerLength = record.ownerEnd() - record.owner();
            int asked = record.askedEnd() - record.asked();
            this.key = new byte[ownerLength + asked];
            System.arraycopy(record.bytes(), record.owner(), key, 0, ownerLength);
            System.arraycopy(record.bytes(), record.asked(), key, ownerLength, asked);
        }

        private boolean is(int otherHash, long otherHour, RecordBytes r) {
            return hash == otherHash
                    && hour == otherHour
                    && Arrays.equals(key, 0, ownerLength, r.bytes(), r.owner(), r.ownerEnd())
                    && Arrays.equals(key, ownerLength, key.length, r.bytes(), r.asked(), r.askedEnd());
        }

        private void add(long[] figures) {
            for (int i = 0; i < sums.length; i++) {
                sums[i] += figures[i];
            }
        }

        private UsageRollup rollup() throws IOException {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(key));
            return new UsageRollup(
                    new UsageGroup(
                            Instant.ofEpochSecond(hour * HOUR),
                            UsageRecordCodec.uuid(in),
                            UsageRecordCodec.required(in),
                            in.readBoolean() ? UsageRecordCodec.uuid(in) : null,
                            UsageRecordCodec.text(in),
                            UsageRecordCodec.uuid(in),
                            UsageRecordCodec.required(in),
                            UsageRecordCodec.text(in),
                            UsageRecordCodec.text(in)),
                    new UsageFigures(
                            sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6], sums[7], sums[8], sums[9],
                            sums[10], sums[11], sums[12], sums[13], sums[14]));
        }
    }

    void add(RecordBytes record) {
        long hour = Math.floorDiv(record.seconds(), HOUR);
        crc.reset();
        crc.update(record.bytes(), record.owner(), record.ownerEnd() - record.owner());
        crc.update(record.bytes(), record.asked(), record.askedEnd() - record.asked());
        int hash = (int) crc.getValue() + (int) hour;
        int at = hash & slots.length - 1;
        Entry entry = slots[at];
        while (entry != null && !entry.is(hash, hour, record)) {
            at = at + 1 & slots.length - 1;
            entry = slots[at];
        }
        if (entry == null) {
            entry = new Entry(hash, hour, record);
            slots[at] = entry;
            size++;
            if (size > slots.length / 2) {
                grow();
            }
        }
        entry.add(record.figures());
    }

    private void grow() {
        @Nullable Entry[] old = slots;
        slots = new Entry[old.length * 2];
        for (Entry entry : old) {
            if (entry != null) {
                int at = entry.hash & slots.length - 1;
                while (slots[at] != null) {
                    at = at + 1 & slots.length - 1;
                }
                slots[at] = entry;
            }
        }
    }

    List<UsageRollup> rollups() throws IOException {
        List<UsageRollup> rollups = new ArrayList<>(size);
        for (Entry entry : slots) {
            if (entry != null) {
                rollups.add(entry.rollup());
            }
        }
        return rollups;
    }
}
