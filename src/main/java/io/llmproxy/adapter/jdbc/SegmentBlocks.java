package io.llmproxy.adapter.jdbc;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The blocks of a segment in the order of their numbers, in few bytes: about eight for each. */
final class SegmentBlocks {
    private SegmentBlocks() {}

    /**
     * One of them.
     *
     * @param begin of its records in the segment; not below zero
     * @param opaque whether the index knows nothing of its records, since they could not be read
     */
    record Entry(UUID tenantId, int begin, int records, Instant firstAt, Instant lastAt, boolean opaque) {}

    /** Takes one after the other. */
    @FunctionalInterface
    interface Sink {
        void add(Entry entry);
    }

    /** Gathers them. Not thread-safe. */
    static final class Writer {
        private final Map<UUID, Integer> tenants = new LinkedHashMap<>();
        private final VarInt.Writer entries = new VarInt.Writer();
        private int end;
        private long time;
        private @Nullable Instant firstAt;
        private @Nullable Instant lastAt;
        private boolean opaque;

        void add(Entry entry) {
            int tenant = tenants.computeIfAbsent(entry.tenantId, id -> tenants.size());
            long last = micros(entry.lastAt);
            entries.add(2L * tenant + (entry.opaque ? 1 : 0));
            entries.add(entry.begin - end);
            entries.add(entry.records);
            entries.addSigned(last - time);
            entries.addSigned(last - micros(entry.firstAt));
            end = entry.begin + entry.records;
            time = last;
            opaque |= entry.opaque;
            firstAt = firstAt == null || entry.firstAt.isBefore(firstAt) ? entry.firstAt : firstAt;
            lastAt = lastAt == null || entry.lastAt.isAfter(lastAt) ? entry.lastAt : lastAt;
        }

        /** Of all of them; null where there are none. */
        @Nullable
        Instant firstAt() {
            return firstAt;
        }

        @Nullable
        Instant lastAt() {
            return lastAt;
        }

        boolean opaque() {
            return opaque;
        }

        byte[] bytes() {
            VarInt.Writer out = new VarInt.Writer();
            out.add(tenants.size());
            tenants.keySet().forEach(out::addId);
            out.add(entries.bytes(), entries.size());
            return out.bytes();
        }
    }

    private static long micros(Instant time) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, time);
    }

    static void read(byte[] bytes, Sink sink) {
        VarInt.Reader in = new VarInt.Reader(bytes);
        UUID[] tenants = new UUID[in.next()];
        for (int i = 0; i < tenants.length; i++) {
            tenants[i] = in.nextId();
        }
        int end = 0;
        long time = 0;
        while (in.more()) {
            int tenant = in.next();
            int begin = end + in.next();
            int records = in.next();
            time += in.nextSigned();
            Instant last = Instant.EPOCH.plus(time, ChronoUnit.MICROS);
            Instant first = last.minus(in.nextSigned(), ChronoUnit.MICROS);
            sink.add(new Entry(tenants[tenant >> 1], begin, records, first, last, (tenant & 1) == 1));
            end = begin + records;
        }
    }
}
