package io.llmproxy;

import io.llmproxy.domain.Ids;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The data directory, held by one process at a time, and by its successor with it while they follow one another. The locks are the
 * kernel's and go with the process, however it ends, so a stale one cannot be left behind.
 *
 * <p>What each process must have for itself lies at a place of its own: the first free number, whose names have that number behind
 * them but for the first.
 */
final class DataDirectory implements AutoCloseable, Heirs {
    private static final int PLACES = 64;
    /** Whose file is locked by the process at it, and says which one that is and, behind that, who is to follow it. */
    private static final String PLACE = "place";

    private final Path path;
    private final FileChannel channel;
    private final FileChannel place;
    private final int number;

    private DataDirectory(Path path, FileChannel channel, int number, FileChannel place) {
        this.path = path;
        this.channel = channel;
        this.number = number;
        this.place = place;
    }

    /**
     * Makes the directory (mode 0700) where it is not there.
     *
     * @throws StartException where another process has it, or a restore into it was cut off
     */
    static DataDirectory take(Path path) throws StartException {
        DataDirectory directory = takeForRestore(path);
        Path marker = StateSwap.marker(path);
        if (Files.exists(marker)) {
            directory.close();
            throw new StartException(
                    StartException.FAILURE,
                    "a restore into " + path + " was cut off while it renamed files (" + marker
                            + "); run it again: llmproxyctl backup restore FILE --replace --data-dir " + path
                            + ", which first brings back what was there");
        }
        directory.tidy();
        directory.forgetOthers();
        return directory;
    }

    /** Nobody else is here: what their places still say is of the past, and process ids come again. */
    private void forgetOthers() throws StartException {
        try {
            for (Path other : others(PLACE)) {
                if (Files.exists(other)) {
                    Files.writeString(other, "");
                }
            }
        } catch (IOException e) {
            close();
            throw unusable(path, e);
        }
    }

    /** What a restore that was killed had prepared is of no use to anybody. */
    private void tidy() throws StartException {
        try {
            Trees.delete(path.resolve(StateSwap.STAGING));
        } catch (IOException e) {
            close();
            throw new StartException(StartException.FAILURE, "what a killed restore left cannot be deleted: " + e, e);
        }
    }

    /** The same, also where a restore was cut off. */
    static DataDirectory takeForRestore(Path path) throws StartException {
        try {
            if (!Files.isDirectory(path)) {
                Files.createDirectories(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            return lock(path);
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /** Beside the process that has it, which makes room: it is this one's alone as soon as that has ended. */
    static DataDirectory join(Path path) throws StartException {
        try {
            FileChannel channel = open(path.resolve("llmproxy.lock"));
            DataDirectory directory = placed(path, channel);
            Thread.ofPlatform().daemon().name("data-directory").start(() -> inherit(channel));
            return directory;
        } catch (IOException e) {
            throw unusable(path, e);
        }
    }

    /** Waits until the process that has it ends. */
    @SuppressWarnings("resource") // the lock is given back with the channel
    private static void inherit(FileChannel channel) {
        try {
            channel.lock();
        } catch (IOException | OverlappingFileLockException e) {
            return; // closed meanwhile: this process has ended first; or it has the directory twice, as a test may
        }
    }

    private static StartException unusable(Path path, IOException e) {
        return new StartException(
                StartException.FAILURE,
                "the data directory " + path + " cannot be used: " + why(e) + "; name another with --data-dir",
                e);
    }

    private static String why(IOException fault) {
        return switch (fault) {
            case NoSuchFileException _ -> "it cannot be made there";
            case AccessDeniedException denied -> "permission denied: " + denied.getFile();
            case FileAlreadyExistsException _ -> "it is a file";
            case FileSystemException other when other.getReason() != null -> other.getReason() + ": " + other.getFile();
            default -> fault.toString();
        };
    }

    private static DataDirectory lock(Path path) throws IOException, StartException {
        FileChannel channel = open(path.resolve("llmproxy.lock"));
        FileLock lock = tryLock(channel);
        if (lock == null) {
            channel.close();
            throw new StartException(
                    StartException.TAKEN,
                    "the data directory " + path
                            + " is in use by another process; stop it, or name another with --data-dir");
        }
        return placed(path, channel);
    }

    private static DataDirectory placed(Path path, FileChannel channel) throws IOException {
        for (int number = 1; number <= PLACES; number++) {
            FileChannel place = open(at(path, PLACE, number));
            if (tryLock(place) != null) {
                DataDirectory directory = new DataDirectory(path, channel, number, place);
                directory.followedBy(NOBODY);
                return directory;
            }
            place.close();
        }
        channel.close();
        throw new IOException(PLACES + " processes use it already");
    }

    private static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** What this place is known by to other processes, in all lives of its process; made at the first start. */
    UUID identity(Instant now) throws IOException {
        Path file = own("identity");
        if (!Files.exists(file)) {
            Path draft = own("identity.new");
            Files.writeString(draft, Ids.next(now) + "\n");
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        }
        try {
            return UUID.fromString(Files.readString(file).strip());
        } catch (IllegalArgumentException e) {
            throw new IOException(file + " is damaged; delete it, and another identity is made", e);
        }
    }

    Path path() {
        return path;
    }

    @Override
    public void followedBy(long process) throws IOException {
        String said = ProcessHandle.current().pid() + (process == NOBODY ? "\n" : " " + process + "\n");
        ByteBuffer bytes = ByteBuffer.wrap(said.getBytes(StandardCharsets.US_ASCII));
        // who reads meanwhile is to find somebody: written over what was there, then cut
        place.write(bytes, 0);
        place.truncate(said.length());
    }

    @Override
    public long heirOf(long process) throws IOException {
        for (Path other : others(PLACE)) {
            List<String> said = said(other);
            if (said.size() == 2 && said.getFirst().equals(Long.toString(process))) {
                return Long.parseLong(said.getLast());
            }
        }
        return NOBODY;
    }

    @Override
    public boolean present(long process) throws IOException {
        for (Path other : others(PLACE)) {
            List<String> said = said(other);
            if (!said.isEmpty() && said.getFirst().equals(Long.toString(process)) && held(other)) {
                return true;
            }
        }
        return false;
    }

    private static List<String> said(Path place) throws IOException {
        return Files.exists(place)
                ? Stream.of(Files.readString(place, StandardCharsets.ISO_8859_1).split("\\s"))
                        .filter(word -> word.matches("[0-9]{1,18}"))
                        .toList()
                : List.of();
    }

    /** Whether the place's process lives; never to be asked of one's own, whose lock would go with the asking. */
    private static boolean held(Path place) throws IOException {
        try (FileChannel channel = open(place)) {
            return tryLock(channel) == null;
        }
    }

    /** A file or directory that is this process's alone. */
    Path own(String name) {
        return at(name, number);
    }

    /** The same of other processes, whether they live, are gone or never were. */
    List<Path> others(String name) {
        return IntStream.rangeClosed(1, PLACES)
                .filter(n -> n != number)
                .mapToObj(n -> at(name, n))
                .toList();
    }

    private Path at(String name, int of) {
        return at(path, name, of);
    }

    private static Path at(Path path, String name, int of) {
        return name.equals(PLACE)
                ? path.resolve(PLACE + "-" + of + ".lock")
                : path.resolve(of == 1 ? name : name + "-" + of);
    }

    @Override
    public void close() {
        try {
            place.truncate(0); // who ends in order leaves nothing that would have to be looked after
        } catch (IOException e) {
            // what it says is of a process that has ended: nobody holds the lock
        }
        close(place);
        close(channel);
    }

    private static void close(FileChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            // the process ends, and the lock with it
            return;
        }
    }
}
