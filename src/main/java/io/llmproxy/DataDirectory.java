package io.llmproxy;

import io.llmproxy.domain.Ids;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The data directory, held by one process at a time. The lock is the kernel's and goes with the process, however it ends, so a
 * stale one cannot be left behind.
 */
final class DataDirectory implements AutoCloseable {
    private final Path path;
    private final FileChannel channel;

    private DataDirectory(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
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
        return directory;
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
            throw new StartException(
                    StartException.FAILURE,
                    "the data directory " + path + " cannot be used: " + e + "; name another with --data-dir",
                    e);
        }
    }

    private static DataDirectory lock(Path path) throws IOException, StartException {
        FileChannel channel =
                FileChannel.open(path.resolve("llmproxy.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = tryLock(channel);
        if (lock == null) {
            channel.close();
            throw new StartException(
                    StartException.TAKEN,
                    "the data directory " + path
                            + " is in use by another process; stop it, or name another with --data-dir");
        }
        return new DataDirectory(path, channel);
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** What this directory is known by to other processes, in all lives of its process; made at the first start. */
    UUID identity(Instant now) throws IOException {
        Path file = path.resolve("identity");
        if (!Files.exists(file)) {
            Path draft = path.resolve("identity.new");
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
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // the process ends, and the lock with it
        }
    }
}
