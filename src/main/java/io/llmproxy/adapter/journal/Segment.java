package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * One file of the journal as it was found or has been written so far.
 *
 * @param size up to where it holds frames
 * @param open records in it that are not committed
 * @param damaged whether bytes in it are no frames: it is then kept aside, not deleted
 */
record Segment(long number, Path path, long size, long open, boolean damaged) {
    static final String SUFFIX = ".log";
    private static final Logger LOG = System.getLogger(Segment.class.getName());

    static Path path(Path directory, long number) {
        return directory.resolve(String.format("%08d%s", number, SUFFIX));
    }

    static Segment created(Path directory, long number) {
        return new Segment(number, path(directory, number), 0, 0, false);
    }

    Segment grown(long bytes) {
        return new Segment(number, path, size + bytes, open + 1, damaged);
    }

    Segment without(long records) {
        return new Segment(number, path, size, Math.max(0, open - records), damaged);
    }

    /**
     * Reads what a former process left. A torn frame at the end of the last segment is what a kill in the middle of an
     * append leaves: nobody was told that it is there, so it is cut off.
     *
     * @param committed up to where the records are committed
     * @throws NewerRecordException where the program is too old for the file
     */
    static Segment recovered(long number, Path path, Position committed, boolean last) throws IOException {
        try (SegmentReader reader = new SegmentReader(path, 0, Long.MAX_VALUE)) {
            long open = 0;
            boolean damaged = false;
            for (ByteBuffer payload = reader.next(); payload != null; payload = reader.next()) {
                boolean sound = decodes(payload);
                damaged |= !sound;
                if (sound && (number > committed.segment() || reader.position() > committed.offset())) {
                    open++;
                }
            }
            long trailing = reader.trailing();
            boolean torn = last && trailing > 0 && trailing <= Frames.MAX_FRAME;
            damaged |= reader.damaged() > 0 || trailing > 0 && !torn;
            if (torn) {
                cut(path, reader.position(), trailing);
            }
            if (damaged) {
                LOG.log(
                        Level.ERROR,
                        "the usage journal''s file {0} is damaged: {1} bytes in it are no records; the {2} records that can"
                                + " be read are kept, and the file stays aside as {0}.corrupt",
                        path,
                        String.valueOf(reader.damaged() + (torn ? 0 : trailing)),
                        String.valueOf(open));
            }
            return new Segment(number, path, reader.position(), open, damaged);
        }
    }

    private static boolean decodes(ByteBuffer payload) {
        try {
            UsageRecordCodec.decode(payload);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void cut(Path path, long size, long trailing) throws IOException {
        LOG.log(
                Level.WARNING,
                "the usage journal''s file {0} ends in a record that was not written whole; its {1} bytes are cut off",
                path,
                String.valueOf(trailing));
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(size);
        }
    }

    /** Removes the file, or keeps it aside where it is damaged. */
    void retire() throws IOException {
        if (damaged) {
            Files.move(path, path.resolveSibling(path.getFileName() + ".corrupt"), StandardCopyOption.REPLACE_EXISTING);
        } else {
            Files.deleteIfExists(path);
        }
    }
}
