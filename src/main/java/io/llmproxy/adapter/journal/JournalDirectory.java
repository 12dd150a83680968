package io.llmproxy.adapter.journal;

import io.llmproxy.port.JournalPosition;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory of a journal, held against other processes by a lock on {@code journal.lock} until it is closed. */
final class JournalDirectory implements AutoCloseable {
    private static final Logger LOG = System.getLogger(JournalDirectory.class.getName());
    private static final Pattern NAME =
            Pattern.compile("([0-9]{1,18})-(\\p{XDigit}{8}(?:-\\p{XDigit}{4}){3}-\\p{XDigit}{12})\\.log");

    private final Path path;
    private final FileChannel lock;

    private JournalDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Makes the directory where it is missing. @throws JournalInUseException where another has it */
    static JournalDirectory lock(Path path) throws IOException {
        Files.createDirectories(path);
        FileChannel channel =
                FileChannel.open(path.resolve("journal.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (!locked(channel)) {
            channel.close();
            throw new JournalInUseException(path);
        }
        return new JournalDirectory(path, channel);
    }

    private static boolean locked(FileChannel channel) throws IOException {
        try {
            @Nullable FileLock held = channel.tryLock();
            return held != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    Path path() {
        return path;
    }

    Map<UUID, JournalPosition> positions() {
        return PositionFile.read(path.resolve("position"));
    }

    void write(Map<UUID, JournalPosition> positions) throws IOException {
        PositionFile.write(path.resolve("position"), positions);
    }

    private record Found(long number, UUID journal, Path file) {}

    /** The segments that are there, in order. */
    List<Segment> recover() throws IOException {
        List<Found> files = files();
        List<Segment> segments = new ArrayList<>();
        for (Found found : files) {
            boolean last = found.equals(files.getLast());
            segments.add(Segment.recovered(found.journal, found.number, found.file, last));
        }
        return segments;
    }

    private List<Found> files() throws IOException {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.<Found>mapMulti((file, found) -> {
                        String name = file.getFileName().toString();
                        Matcher matcher = NAME.matcher(name);
                        if (matcher.matches()) {
                            found.accept(new Found(
                                    Long.parseLong(matcher.group(1)), UUID.fromString(matcher.group(2)), file));
                        } else if (name.endsWith(Segment.SUFFIX)) {
                            LOG.log(
                                    Level.WARNING,
                                    "the usage journal passes over {0}, whose name does not say which journal it is of",
                                    file);
                        }
                    })
                    .sorted(Comparator.comparingLong(Found::number).thenComparing(Found::journal))
                    .toList();
        }
    }

    /** What is left of it once its segments are elsewhere; files that are kept aside stay, and the directory with them. */
    void delete() throws IOException {
        Files.deleteIfExists(path.resolve("position"));
        Files.deleteIfExists(path.resolve("journal.lock"));
        try {
            Files.deleteIfExists(path);
        } catch (DirectoryNotEmptyException e) {
            LOG.log(Level.DEBUG, "files are kept in {0}", path);
        }
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "the lock of the usage journal could not be closed", e);
        }
    }
}
