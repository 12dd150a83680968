package io.llmproxy.adapter.jdbc;

import io.llmproxy.adapter.jdbc.DatabaseException.Reason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Holds the database's directory for this process. H2's own lock keeps other processes out, but lets a second opening in the
 * same process join the first; this one refuses both. The kernel gives it back when the process dies, however it dies; and
 * also when the same process closes a second channel to the file, which is why H2's own lock is kept as well.
 */
final class DirectoryLock implements AutoCloseable {
    private final FileChannel channel;

    private DirectoryLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Makes the directory, for its owner alone, where it is not there. */
    static DirectoryLock take(Path directory) {
        Path file = directory.resolve("llmproxy.lock");
        try {
            makeDirectory(directory);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock(channel) == null) {
                channel.close();
                throw inUse(directory, null);
            }
            return new DirectoryLock(channel);
        } catch (IOException e) {
            throw new DatabaseException(
                    Reason.SETTINGS, "the data directory cannot be written: " + file + ": " + e.getMessage(), e);
        }
    }

    /** The same; null: another process has it. */
    static @Nullable DirectoryLock tryTake(Path directory) {
        try {
            return take(directory);
        } catch (DatabaseException e) {
            if (e.reason() == Reason.IN_USE) {
                return null;
            }
            throw e;
        }
    }

    /** Whether no other process has it; not to be asked by one that has. */
    static boolean free(Path directory) {
        DirectoryLock lock = tryTake(directory);
        if (lock != null) {
            lock.close();
        }
        return lock != null;
    }

    static DatabaseException inUse(Path directory, @Nullable Throwable cause) {
        return new DatabaseException(
                Reason.IN_USE,
                "another process has the data directory " + directory
                        + "; stop it, or name another directory with --data-dir",
                cause);
    }

    private static void makeDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException("the lock of the data directory cannot be given back", e);
        }
    }
}
