package io.llmproxy.adapter.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A file that is set aside when it would grow beyond a size: {@code llmproxy.log} becomes {@code llmproxy.log.1}, that becomes
 * {@code .2}, and the oldest goes. Goes on with what a former process left; follows the name where somebody else renames the file,
 * as logrotate does. A line that was cut by a full disk or a crash is ended before the next one begins. Thread-safe.
 */
final class RotatingFile implements LineSink {
    private static final long LOOK_NANOS = 1_000_000_000L;
    private static final byte[] LINE_END = {'\n'};

    private final Path path;
    private final long maxSize;
    private final int keep;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock, as is all below
    private @Nullable FileChannel channel;
    private @Nullable Object identity;
    private long size;
    private boolean midLine;
    private long lookedAt;

    /**
     * @param maxSize in bytes, which a file exceeds only where one write is larger
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
            if (size > 0 && size + lines.length > maxSize) {
                file = rotated();
            }
            if (midLine) {
                all(file, LINE_END);
                midLine = false;
            }
            all(file, lines);
        } catch (IOException | RuntimeException e) {
            // the next write begins anew, as whatever is wrong may be of this file
            closed();
            throw e;
        } finally {
            lock.unlock();
        }
    }

    private void all(FileChannel file, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            size += file.write(buffer);
        }
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
        boolean fresh = Files.notExists(path);
        FileChannel file =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (fresh && path.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                // lines name users and addresses
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r-----"));
            }
            size = file.size();
            file.position(size);
            midLine = size > 0 && last(file, size) != '\n';
            identity = identity();
            lookedAt = System.nanoTime();
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
        channel = file;
        return file;
    }

    private static byte last(FileChannel file, long size) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        return file.read(one, size - 1) == 1 ? one.get(0) : (byte) '\n';
    }

    private FileChannel rotated() throws IOException {
        closed();
        if (keep == 0) {
            Files.deleteIfExists(path);
        } else {
            for (int i = keep - 1; i >= 1; i--) {
                move(numbered(i), numbered(i + 1));
            }
            move(path, numbered(1));
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
