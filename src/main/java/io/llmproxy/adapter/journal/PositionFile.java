package io.llmproxy.adapter.journal;

import io.llmproxy.port.JournalPosition;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Up to where each journal of the directory is committed: a line for each of them in a file that is replaced as a whole. The
 * database knows better; this is what the directory knows by itself, and is never ahead of the database. Losing it costs
 * nothing.
 */
final class PositionFile {
    private static final Logger LOG = System.getLogger(PositionFile.class.getName());

    private PositionFile() {}

    static Map<UUID, JournalPosition> read(Path file) {
        Map<UUID, JournalPosition> positions = new HashMap<>();
        try {
            for (String line : Files.readAllLines(file)) {
                String[] parts = line.strip().split(" ", -1);
                positions.put(
                        UUID.fromString(parts[0]),
                        new JournalPosition(Long.parseLong(parts[1]), Long.parseLong(parts[2])));
            }
        } catch (NoSuchFileException e) {
            return new HashMap<>();
        } catch (IOException | RuntimeException e) {
            LOG.log(
                    Level.WARNING,
                    "the position file " + file
                            + " of the usage journal cannot be read; the database says where to go on",
                    e);
            return new HashMap<>();
        }
        return positions;
    }

    static void write(Path file, Map<UUID, JournalPosition> positions) throws IOException {
        StringBuilder text = new StringBuilder();
        positions.forEach((journal, at) -> text.append(journal)
                .append(' ')
                .append(at.segment())
                .append(' ')
                .append(at.offset())
                .append('\n'));
        Path next = file.resolveSibling(file.getFileName() + ".tmp");
        Files.writeString(next, text);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
