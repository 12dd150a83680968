package io.llmproxy.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Makes files with owner and mode, each whole or not at all, and can take back all that it made. */
final class ProvisionFiles {
    private final @Nullable GroupPrincipal group;
    private final Deque<Path> made = new ArrayDeque<>();

    private ProvisionFiles(@Nullable GroupPrincipal group) {
        this.group = group;
    }

    /** @throws CliException where the group is not there, since then the package is not either */
    static ProvisionFiles of(Host host) {
        String name = host.group();
        try {
            return new ProvisionFiles(
                    name == null
                            ? null
                            : host.etc()
                                    .getFileSystem()
                                    .getUserPrincipalLookupService()
                                    .lookupPrincipalByGroupName(name));
        } catch (UserPrincipalNotFoundException e) {
            throw new CliException(
                    ExitCode.REFUSED,
                    "there is no group " + name + " on this machine: install the package, or run systemd-sysusers");
        } catch (IOException e) {
            throw failed("looking up the group " + name, e);
        }
    }

    /** A directory, where it is missing. */
    void directory(Path path, String mode) {
        if (Files.isDirectory(path)) {
            return;
        }
        try {
            Files.createDirectories(path);
            made.push(path);
            own(path, mode, true);
        } catch (IOException e) {
            throw failed("making the directory " + path, e);
        }
    }

    /** A directory of the service's user alone, where it is missing, below one that others can only go through. */
    void serviceDirectory(Path parent, String name) {
        directory(parent, "rwx--x--x");
        Path path = parent.resolve(name);
        if (Files.isDirectory(path)) {
            return;
        }
        directory(path, "rwx------");
        if (group == null) {
            return;
        }
        try {
            Files.setOwner(
                    path, path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(group.getName()));
        } catch (IOException e) {
            throw failed("giving " + path + " to the user " + group.getName(), e);
        }
    }

    /** @param shared whether the group may read it as its mode says; else it is root's alone */
    void write(Path path, String text, String mode, boolean shared) {
        Path draft = path.resolveSibling("." + path.getFileName() + ".new");
        try {
            Files.deleteIfExists(draft);
            try (FileChannel channel = FileChannel.open(
                    draft,
                    EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            own(draft, mode, shared);
            Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
            made.push(path);
        } catch (IOException e) {
            draft.toFile().delete();
            throw failed("writing " + path, e);
        }
    }

    private void own(Path path, String mode, boolean shared) throws IOException {
        if (shared && group != null) {
            Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                    .setGroup(group);
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
    }

    /** Takes away what was made, the last first; what cannot be taken away is named. */
    String undo() {
        StringBuilder left = new StringBuilder();
        while (!made.isEmpty()) {
            Path path = made.pop();
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                left.append("\n  ").append(path).append(" stays: ").append(e);
            }
        }
        return left.toString();
    }

    /** A file or a directory with all that is in it, links themselves and not what they point to; also where there is none. */
    static void delete(Path path) {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try {
            Files.walkFileTree(path, Set.of(), Integer.MAX_VALUE, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.delete(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) throws IOException {
                    if (e != null) {
                        throw e;
                    }
                    Files.delete(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw failed("deleting " + path, e);
        }
    }

    private static CliException failed(String doing, IOException e) {
        return new CliException(ExitCode.REFUSED, doing + " failed: " + FileFault.why(e));
    }
}
