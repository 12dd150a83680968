package io.llmproxy.adapter.secret;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/** The file that holds the master key: readable by its owner alone, written whole or not at all. */
final class KeyFile {
    private static final int MAX_BYTES = 4096;
    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private KeyFile() {}

    /**
     * Its text; empty where there is no such file.
     *
     * @param checkMode whether to refuse a file that others may read; the mode of a systemd credential is systemd's affair
     */
    static Optional<String> read(Path file, boolean checkMode) {
        try (var in = Files.newInputStream(file)) {
            if (checkMode) {
                refuseOpenToOthers(file);
            }
            return Optional.of(new String(in.readNBytes(MAX_BYTES), StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new MasterKeyException("the master key in " + file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void refuseOpenToOthers(Path file) throws IOException {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        if (mode.stream().anyMatch(p -> !p.name().startsWith("OWNER_"))) {
            throw new MasterKeyException("others may read or write the master key in " + file + " (mode "
                    + PosixFilePermissions.toString(mode) + "); chmod 600 it, and think of changing the credentials"
                    + " that were sealed under it");
        }
    }

    static void write(Path file, String text) {
        Path temporary = file.resolveSibling(
                "." + file.getFileName() + "." + ProcessHandle.current().pid());
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(file);
        } catch (IOException e) {
            throw new MasterKeyException("the master key cannot be written to " + file + ": " + e.getMessage(), e);
        } finally {
            temporary.toFile().delete();
        }
    }

    /** A new name is on the disk only when its directory is. */
    private static void syncDirectory(Path file) throws IOException {
        try (FileChannel directory = FileChannel.open(file.toAbsolutePath().getParent(), StandardOpenOption.READ)) {
            directory.force(true);
        }
    }
}
