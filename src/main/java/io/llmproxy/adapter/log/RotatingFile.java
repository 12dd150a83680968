package io.llmproxy.adapter.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A file that is set aside when it would grow beyond a size: {@code llmproxy.log} becomes {@code llmproxy.log.1}, that becomes
 * {@code .2}, and the oldest goes. Goes on with what a former process left; follows the name where somebody else renames the file,
 * as logrotate does. A line that was cut by a full disk or a crash is ended before the next one begins. Another process may write
 * the same file, as during a hand-over: each write goes whole to the end, and one of the two sets the file aside. Thread-safe.
 */
final class RotatingFile implements LineSink {
    /** How long lines may go to a file that another process has set aside. */
    private static final long LOOK_NANOS = 50_000_000L;
    /** Another process may be amid a write when the end is looked at; it is not for so long. */
    private static final long WRITE_NANOS = 5_000_000L;

    private static final int LOOKS = 3;
    private static final int OPENINGS = 100;

    private final Path path;
    private final long maxSize;
    private final int keep;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock, as is all below
    private @Nullable FileChannel channel;
    private @Nullable Object identity;
    private boolean midLine;
    private long lookedAt;

    /**
     * @param maxSize in bytes, which a file exceeds only where one write is larger, or by a write of one process while another sets
     *     the file aside
     * @param keep how many files are kept besides the one that is written
     */
    RotatingFile(Path path, long maxSize, int keep) {
        this.path = path;
        this.maxSize = maxSize;
        this.keep = keep;
    }

    /** Opens it now, so that a place that cannot be written is known at once. */
    void open() throws IOException {
        lock.lock();
        try {
            opened();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(byte[] lines) throws IOException {
        lock.lock();
        try {
            FileChannel file = current();
            if (full(file, lines.length)) {
                file = rotated(file, lines.length);
            }
            // by one write, which the system puts at the end as a whole: another process may write, too
            ByteBuffer buffer = midLine ? behindLineEnd(lines) : ByteBuffer.wrap(lines);
            while (buffer.hasRemaining()) {
                file.write(buffer);
            }
            midLine = false;
        } catch (IOException | RuntimeException e) {
            // the next write begins anew, as whatever is wrong may be of this file
            closed();
            throw e;
        } finally {
            lock.unlock();
        }
    }

    /** By the size that it has now: another process may have added to it. */
    private boolean full(FileChannel file, int more) throws IOException {
        long size = file.size();
        return size > 0 && size + more > maxSize;
    }

    private static ByteBuffer behindLineEnd(byte[] lines) {
        return ByteBuffer.allocate(lines.length + 1).put((byte) '\n').put(lines).flip();
    }

    /** The file of that name, also where the one that was opened has been moved away. */
    private FileChannel current() throws IOException {
        FileChannel open = channel;
        long now = System.nanoTime();
        if (open != null && now - lookedAt > LOOK_NANOS) {
            lookedAt = now;
            if (!Objects.equals(identity, identity())) {
                closed();
                open = null;
            }
        }
        return open == null ? opened() : open;
    }

    private @Nullable Object identity() throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    private FileChannel opened() throws IOException {
        closed();
        Path directory = path.toAbsolutePath().getParent();
        if (directory != null) {
            Files.createDirectories(directory);
        }
        for (int i = 0; i < OPENINGS; i++) {
            create();
            Object named = identity();
            FileChannel file;
            try {
                file = FileChannel.open(path, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
            } catch (NoSuchFileException e) {
                continue; // another process has set it aside this moment
            }
            try {
                // that of the name before and after is that of the file between
                if (Objects.equals(named, identity())) {
                    midLine = cut();
                    identity = named;
                    lookedAt = System.nanoTime();
                    channel = file;
                    return file;
                }
            } catch (IOException | RuntimeException e) {
                file.close();
                throw e;
            }
            file.close();
        }
        throw new IOException(path + " is moved away again and again");
    }

    private void create() throws IOException {
        if (Files.notExists(path)) {
            FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                    .close();
            if (path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                // lines name users and addresses
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));
            }
        }
    }

    /** Whether the file ends within a line that nobody is writing. */
    private boolean cut() throws IOException {
        // not by the channel that writes: one that appends cannot read
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            for (int look = 1; ; look++) {
                long size = file.size();
                if (size == 0 || last(file, size) == '\n') {
                    return false;
                }
                if (look == LOOKS) {
                    return true;
                }
                LockSupport.parkNanos(this, WRITE_NANOS);
            }
        } catch (NoSuchFileException e) {
            return false; // set aside this moment: the next look finds that
        }
    }

    private static byte last(FileChannel file, long size) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        return file.read(one, size - 1) == 1 ? one.get(0) : (byte) '\n';
    }

    /** Sets the file aside, unless another process has done so or does. Waits for nobody. */
    private FileChannel rotated(FileChannel file, int more) throws IOException {
        FileLock turn = null;
        try {
            turn = file.tryLock();
            if (turn == null) {
                return file;
            }
        } catch (OverlappingFileLockException e) {
            return file;
        } catch (IOException e) {
            // a file system without locks: the file must not grow for ever because of that
        }
        try {
            // the lock is of this very file: whoever had it before may have moved or emptied it
            if (Objects.equals(identity, identity())) {
                if (!full(file, more)) {
                    return file;
                }
                if (keep == 0) {
                    file.truncate(0); // others that have it open go on at its new end
                    midLine = false;
                    return file;
                }
                for (int i = keep - 1; i >= 1; i--) {
                    move(numbered(i), numbered(i + 1));
                }
                move(path, numbered(1));
            }
        } finally {
            if (turn != null) {
                turn.release();
            }
        }
        return opened();
    }

    private static void move(Path from, Path to) throws IOException {
        if (Files.exists(from)) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private Path numbered(int i) {
        return path.resolveSibling(path.getFileName() + "." + i);
    }

    private void closed() {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // what was written is with the kernel; there is nobody to tell but this log
                identity = null;
            }
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed();
        } finally {
            lock.unlock();
        }
    }
}
