package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A place between two frames: everything before it was committed. Kept in a file of one line that is replaced as a whole;
 * losing it means reading records again, never losing one.
 */
record Position(long segment, long offset) {
    static final Position START = new Position(0, 0);
    private static final Logger LOG = System.getLogger(Position.class.getName());

    static Position read(Path file) {
        try {
            String[] parts = Files.readString(file).strip().split(" ", -1);
            return new Position(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
        } catch (NoSuchFileException e) {
            return START;
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "the position file " + file + " of the usage journal cannot be read; every record that is still"
                            + " there is read again, and the database passes over those it has",
                    e);
            return START;
        }
    }

    void write(Path file) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".tmp");
        Files.writeString(next, segment + " " + offset + "\n");
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
