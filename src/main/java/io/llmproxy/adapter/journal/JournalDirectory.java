package io.llmproxy.adapter.journal;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The directory of a journal, held against other processes by a lock on {@code journal.lock} until it is closed. */
final class JournalDirectory implements AutoCloseable {
    private static final Logger LOG = System.getLogger(JournalDirectory.class.getName());

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

    Position position() {
        return Position.read(path.resolve("position"));
    }

    void write(Position position) throws IOException {
        position.write(path.resolve("position"));
    }

    /** The segments that are there, in order; those before the position are removed. */
    List<Segment> recover(Position committed) throws IOException {
        SortedMap<Long, Path> files = files();
        List<Segment> segments = new ArrayList<>();
        for (Map.Entry<Long, Path> file : files.entrySet()) {
            if (file.getKey() < committed.segment()) {
                Files.delete(file.getValue());
            } else {
                boolean last = file.getKey().equals(files.lastKey());
                segments.add(Segment.recovered(file.getKey(), file.getValue(), committed, last));
            }
        }
        return segments;
    }

    private SortedMap<Long, Path> files() throws IOException {
        SortedMap<Long, Path> files = new TreeMap<>();
        try (Stream<Path> entries = Files.list(path)) {
            entries.forEach(file -> {
                String name = file.getFileName().toString();
                if (name.matches("[0-9]{1,18}\\.log")) {
                    files.put(Long.parseLong(name.substring(0, name.length() - Segment.SUFFIX.length())), file);
                }
            });
        }
        return files;
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
