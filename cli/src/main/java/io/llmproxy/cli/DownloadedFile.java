package io.llmproxy.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Set;

/**
 * A file that a server sends and that ends in {@code llmproxy-backup sha256=HEX}: there under its name when all of it is on the disk and its
 * end fits the rest, and otherwise not at all. For its owner alone.
 */
final class DownloadedFile {
    private static final String MARK = "llmproxy-backup sha256=";
    private static final int END = MARK.length() + 64 + 1;

    private DownloadedFile() {}

    /** Sends the bytes. */
    @FunctionalInterface
    interface Sender {
        void to(OutputStream out) throws IOException;
    }

    /** Blocks. */
    static void write(Path target, Sender sender) throws IOException {
        // the server's program deletes what is called so and held by nobody
        Path temporary = target.resolveSibling("." + target.getFileName() + ".llmproxy-part");
        try (FileChannel channel = FileChannel.open(
                temporary,
                // where a link leads, its maker may not write
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            if (!held(channel)) {
                throw new CliException(ExitCode.CONFLICT, target + " is being written by another process");
            }
            try {
                channel.truncate(0);
                Checked out = new Checked(Channels.newOutputStream(channel));
                sender.to(out);
                out.check();
                channel.force(true);
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
                sync(Objects.requireNonNull(target.toAbsolutePath().getParent()));
            } finally {
                Files.deleteIfExists(temporary);
            }
        }
    }

    /** The lock is the kernel's and goes with the process; where files cannot be locked, nobody else is seen. */
    private static boolean held(FileChannel channel) {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Hashes all but the last bytes, which say the hash. */
    private static final class Checked extends OutputStream {
        private final OutputStream out;
        private final MessageDigest sha256;
        private final byte[] held = new byte[END];
        private int holding;

        private Checked(OutputStream out) {
            this.out = out;
            try {
                this.sha256 = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java platform has SHA-256", e);
            }
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
            int over = holding + length - END;
            int old = Math.clamp(over, 0, holding);
            sha256.update(held, 0, old);
            System.arraycopy(held, old, held, 0, holding - old);
            holding -= old;
            int fresh = Math.max(0, over - old);
            sha256.update(bytes, offset, fresh);
            System.arraycopy(bytes, offset + fresh, held, holding, length - fresh);
            holding += length - fresh;
        }

        private void check() throws IOException {
            String end = MARK + HexFormat.of().formatHex(sha256.digest()) + "\n";
            if (!new String(held, 0, holding, StandardCharsets.ISO_8859_1).equals(end)) {
                throw new IOException("what the server sent has no end; its log says why");
            }
        }
    }
}
