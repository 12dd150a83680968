package io.llmproxy.adapter.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file while it is written: beside its target, under a name that is no backup's, and held by a lock of the kernel, which goes with the
 * process however it ends. So what a killed one left is known by that nobody holds it, and is deleted by the next who writes there.
 */
final class PartFile implements AutoCloseable {
    private static final String SUFFIX = ".llmproxy-part";

    /** Between the making of a file and its lock another process may look; nobody needs as long. */
    private static final Duration FRESH = Duration.ofMinutes(1);

    private final Path target;
    private final Path path;
    private final FileChannel channel;
    private boolean ours;

    private PartFile(Path target, Path path, FileChannel channel) {
        this.target = target;
        this.path = path;
        this.channel = channel;
    }

    /**
     * Empty, for its owner alone.
     *
     * @throws BackupException where the target is there, or being written by another
     */
    static PartFile open(Path target) throws IOException {
        Path path = target.resolveSibling("." + target.getFileName() + SUFFIX);
        refuseThere(target);
        FileChannel channel = FileChannel.open(
                path,
                // where a link leads, its maker may not write
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        PartFile part = new PartFile(target, path, channel);
        try {
            part.hold();
            return part;
        } catch (IOException | RuntimeException e) {
            part.close();
            throw e;
        }
    }

    private void hold() throws IOException {
        if (!held(channel)) {
            throw new BackupException(target + " is being written by another process");
        }
        // whoever held it before may have finished it meanwhile, and then this is no part any more
        refuseThere(target);
        ours = true;
        channel.truncate(0);
        // the time of the file's own machine, which may be another one
        deleteLeft(
                target.toAbsolutePath().getParent(),
                Files.getLastModifiedTime(path).toInstant());
    }

    private static void refuseThere(Path target) {
        if (Files.exists(target)) {
            throw new BackupException(target + " is there already; name another file");
        }
    }

    /** Where files cannot be locked, as on some that lie behind a network, nobody else is seen. */
    private static boolean held(FileChannel channel) {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    FileChannel channel() {
        return channel;
    }

    /** Gives it its name, when all of it is on the disk. */
    void finish() throws IOException {
        channel.force(true);
        Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
        ours = false;
        try (FileChannel directory = FileChannel.open(target.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /** Deletes what was not finished. */
    @Override
    public void close() throws IOException {
        if (ours) {
            Files.deleteIfExists(path);
        }
        channel.close();
    }

    /** Deletes parts that nobody writes any more; what cannot be deleted is in nobody's way. */
    static void deleteLeft(@Nullable Path directory, Instant now) {
        if (directory == null) {
            return;
        }
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> parts = files.filter(
                            f -> f.getFileName().toString().matches("\\..+" + SUFFIX.replace(".", "\\.")))
                    .toList();
            for (Path part : parts) {
                deleteIfLeft(part, now.minus(FRESH));
            }
        } catch (IOException e) {
            // whoever writes there will say it
        }
    }

    private static void deleteIfLeft(Path part, Instant old) throws IOException {
        if (Files.getLastModifiedTime(part).toInstant().isAfter(old)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
            if (channel.tryLock() != null) {
                Files.deleteIfExists(part);
            }
        } catch (OverlappingFileLockException e) {
            // this process writes it
        }
    }
}
