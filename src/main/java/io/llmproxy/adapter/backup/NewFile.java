package io.llmproxy.adapter.backup;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file that is there whole or not at all: written under another name for its owner alone, synced, and renamed. */
public final class NewFile {
    private NewFile() {}

    /** Writes the content. */
    @FunctionalInterface
    public interface Writing<T> {
        T to(OutputStream out) throws IOException;
    }

    /** @throws BackupException where that cannot be done, as on a full disk; nothing of it is left */
    public static <T> T write(Path target, Writing<T> writing) {
        Path temporary = target.resolveSibling("." + target.getFileName() + ".part");
        try {
            if (Files.exists(target)) {
                throw new BackupException(target + " is there already; name another file");
            }
            T result;
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 64 << 10);
                result = writing.to(out);
                out.flush();
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(target);
            return result;
        } catch (IOException e) {
            throw new BackupException("writing " + target + " failed: " + reason(e) + "; nothing of it is left", e);
        } catch (UncheckedIOException e) {
            throw new BackupException(
                    "writing " + target + " failed: " + reason(java.util.Objects.requireNonNull(e.getCause()))
                            + "; nothing of it is left",
                    e);
        } finally {
            temporary.toFile().delete();
        }
    }

    private static String reason(IOException e) {
        return e.getMessage() == null || e instanceof java.nio.file.FileSystemException ? e.toString() : e.getMessage();
    }

    private static void syncDirectory(Path file) throws IOException {
        try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
