package io.llmproxy.adapter.journal;

import io.llmproxy.port.JournalPosition;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.UUID;

/**
 * One file of the directory as it was found or has been written so far. Its name begins with its number, which orders the files of
 * a directory, and goes on with the identity of its journal, so that a copied or restored file is known for what it is.
 *
 * @param size up to where it holds frames
 * @param records how many are in it
 * @param damaged whether bytes in it are no frames: it is then kept aside, not deleted
 */
record Segment(UUID journal, long number, Path path, long size, long records, boolean damaged) {
    static final String SUFFIX = ".log";
    private static final Logger LOG = System.getLogger(Segment.class.getName());

    static Path path(Path directory, UUID journal, long number) {
        return directory.resolve(String.format("%08d-%s%s", number, journal, SUFFIX));
    }

    static Segment created(Path directory, UUID journal, long number) {
        return new Segment(journal, number, path(directory, journal, number), 0, 0, false);
    }

    Segment grown(long bytes) {
        return new Segment(journal, number, path, size + bytes, records + 1, damaged);
    }

    /** Whether there is nothing in it behind that position of its journal. */
    boolean passed(JournalPosition position) {
        return position.segment() > number || from(position) >= size;
    }

    /** The same in another directory of the same file system, where its number and journal are its own. */
    Segment movedTo(Path directory) throws IOException {
        Path to = path(directory, journal, number);
        Files.move(path, to, StandardCopyOption.ATOMIC_MOVE);
        return new Segment(journal, number, to, size, records, damaged);
    }

    JournalPosition end() {
        return new JournalPosition(number, size);
    }

    /** Where to read on from that position of its journal, which is not behind its end. */
    long from(JournalPosition position) {
        return position.segment() == number ? position.offset() : 0;
    }

    /** How many records lie before that offset; reads the file. */
    long recordsBefore(long offset) throws IOException {
        long before = 0;
        try (SegmentReader reader = new SegmentReader(path, 0, Math.min(offset, size))) {
            while (reader.advance()) {
                boolean sound = !damaged || decodes(ByteBuffer.wrap(reader.bytes(), reader.payload(), reader.length()));
                before += sound ? 1 : 0;
            }
        }
        return before;
    }

    /**
     * Reads what a former process left. A torn frame at the end of the last segment is what a kill in the middle of an
     * append leaves: nobody was told that it is there, so it is cut off.
     *
     * @throws NewerRecordException where the program is too old for the file
     */
    static Segment recovered(UUID journal, long number, Path path, boolean last) throws IOException {
        try (SegmentReader reader = new SegmentReader(path, 0, Long.MAX_VALUE)) {
            long records = 0;
            boolean damaged = false;
            for (ByteBuffer payload = reader.next(); payload != null; payload = reader.next()) {
                boolean sound = decodes(payload);
                damaged |= !sound;
                if (sound) {
                    records++;
                }
            }
            // zeros are the place that was taken on the disk for records to come
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
                        String.valueOf(records));
            }
            return new Segment(journal, number, path, reader.position(), records, damaged);
        }
    }

    static boolean decodes(ByteBuffer payload) {
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
