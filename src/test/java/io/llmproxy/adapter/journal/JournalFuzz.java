package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.UsageRecords;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The journal's files: no bytes make it fail, what is read is what was written, and damage hides no sound frame. */
public final class JournalFuzz {
    private static final byte[] FRAME = Frames.of(UsageRecords.bare(UsageRecords.TENANT));

    private JournalFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        record(input);
        Path file = Files.createTempFile("segment", ".log");
        try {
            frames(file, input);
        } finally {
            Files.delete(file);
        }
    }

    private static void record(byte[] bytes) {
        UsageRecord record;
        try {
            record = UsageRecordCodec.decode(ByteBuffer.wrap(bytes));
        } catch (IOException | NewerRecordException e) {
            return;
        }
        RecordWriter again = new RecordWriter(512);
        UsageRecordCodec.encode(record, again);
        try {
            // longer texts are cut, which no record of ours has
            UsageRecord second = UsageRecordCodec.decode(ByteBuffer.wrap(again.toByteArray()));
            Fuzz.check(bytes.length > 4096 || second.equals(record), () -> record + " became " + second);
        } catch (IOException e) {
            throw new UncheckedIOException("what was encoded is no record", e);
        }
    }

    /** The bytes as they are, and as damage before, between and after two sound frames. */
    private static void frames(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes);
        int own = count(file);
        int middle = bytes.length / 2;
        ByteArrayOutputStream damaged = new ByteArrayOutputStream();
        damaged.write(bytes, 0, middle);
        damaged.writeBytes(FRAME);
        damaged.write(bytes, middle, bytes.length - middle);
        damaged.writeBytes(FRAME);
        Files.write(file, damaged.toByteArray());
        int found = count(file);
        Fuzz.check(own > 0 || found == 2, () -> "found " + found + " of two frames in " + Arrays.toString(bytes));
    }

    private static int count(Path file) throws IOException {
        int found = 0;
        long last = 0;
        try (SegmentReader reader = new SegmentReader(file, 0, Long.MAX_VALUE)) {
            for (ByteBuffer payload = reader.next(); payload != null; payload = reader.next()) {
                found++;
                Fuzz.check(reader.position() > last, () -> "the reader stands still");
                last = reader.position();
            }
            Fuzz.check(reader.damaged() >= 0 && reader.trailing() >= 0, () -> "negative counts");
        }
        return found;
    }
}
