package io.llmproxy.adapter.admin;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import org.jspecify.annotations.Nullable;

/**
 * The file of the admin socket, which is at no moment open to others: it is bound in a directory that nobody else may enter,
 * given its mode and group there, and only then moved to its place.
 */
final class SocketFile {
    /** {@code sun_path} of Linux has 108 bytes, the last of which is a zero. */
    private static final int LONGEST = 107;

    private static final int SOCKET = 0140000;
    private static final int TYPE_MASK = 0170000;
    private final Path target;
    private final Path nursery;
    private final Path born;
    private @Nullable Object identity;

    private SocketFile(Path target, Path nursery) {
        this.target = target;
        this.nursery = nursery;
        this.born = nursery.resolve("s");
    }

    /**
     * Makes sure that the place is free, or held by a dead process alone.
     *
     * @throws AddressTakenException where a living process listens there
     */
    static SocketFile prepare(Path path) throws IOException {
        return prepare(path, false);
    }

    /** @param replacing whether a living process may listen there, which makes room */
    static SocketFile prepare(Path path, boolean replacing) throws IOException {
        Path target = path.toAbsolutePath().normalize();
        checkLength(target);
        Path directory = target.getParent();
        if (directory == null || !Files.isDirectory(directory)) {
            throw new IOException("the admin socket " + target + " cannot be made: its directory does not exist");
        }
        if (!replacing) {
            checkFree(target);
        }
        // a short name: the path in there has the same limit
        Path nursery =
                directory.resolve("." + Long.toString(ProcessHandle.current().pid(), 36));
        checkLength(nursery.resolve("s"));
        clear(nursery);
        makeNursery(nursery);
        return new SocketFile(target, nursery);
    }

    private static void makeNursery(Path nursery) throws IOException {
        Files.createDirectory(
                nursery, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Where the server binds. */
    Path bindTo() {
        return born;
    }

    Path target() {
        return target;
    }

    /** Gives the bound socket its group and mode and moves it to its place, over the remains of a dead process. */
    void publish(@Nullable String group) throws IOException {
        if (group != null) {
            assign(group);
        }
        Files.setPosixFilePermissions(born, PosixFilePermissions.fromString("rw-rw----"));
        identity = key(born);
        try {
            Files.move(born, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the admin socket cannot be moved to " + target + ": " + e.getReason(), e);
        }
        Files.deleteIfExists(nursery);
    }

    /** Keeps the socket under a second name, where nobody else may enter: a successor will put its own over it. */
    void keep() throws IOException {
        if (isOurs()) {
            clear(nursery);
            makeNursery(nursery);
            Files.createLink(born, target);
        }
    }

    /** The successor came to nothing: the socket that was kept is in its place again. */
    void takeBack() throws IOException {
        if (!isOurs() && Files.exists(born, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(born, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        clear(nursery);
    }

    /** Takes the file away, unless another process has put its own there since. */
    void remove() throws IOException {
        if (isOurs()) {
            Files.delete(target);
        }
        clear(nursery);
    }

    private boolean isOurs() throws IOException {
        Object ours = identity;
        return ours != null && Files.exists(target, LinkOption.NOFOLLOW_LINKS) && ours.equals(key(target));
    }

    private void assign(String group) throws IOException {
        GroupPrincipal principal;
        try {
            principal = target.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group);
        } catch (UserPrincipalNotFoundException e) {
            throw new IOException(
                    "admin.socket-group: there is no group `" + group + "` on this host; create it with groupadd", e);
        }
        try {
            Files.getFileAttributeView(born, PosixFileAttributeView.class).setGroup(principal);
        } catch (IOException e) {
            throw new IOException(
                    "admin.socket-group: this process may not give its socket to the group `" + group
                            + "`; make its user a member of it",
                    e);
        }
    }

    private static void checkLength(Path path) throws IOException {
        int length = path.toString().getBytes(StandardCharsets.UTF_8).length;
        if (length > LONGEST) {
            throw new IOException(
                    "the path of the admin socket has " + length + " bytes, but a Unix-domain socket may have "
                            + LONGEST + " at most; choose a shorter one with --admin-socket: " + path);
        }
    }

    private static void checkFree(Path target) throws IOException {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!isSocket(target)) {
            throw new IOException(
                    "there is something at " + target
                            + " that is not a socket; it is left alone. Move it away, or choose another path with --admin-socket");
        }
        try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(target))) {
            throw new AddressTakenException("another process listens on the admin socket " + target
                    + "; stop it, or choose another path with --admin-socket");
        } catch (ConnectException e) {
            // refused: the file outlived its process, and is replaced by the move
        }
    }

    private static boolean isSocket(Path path) throws IOException {
        Object mode = Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return mode instanceof Integer bits && (bits & TYPE_MASK) == SOCKET;
    }

    private static @Nullable Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    private static void clear(Path nursery) throws IOException {
        if (Files.isDirectory(nursery, LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(nursery.resolve("s"));
            Files.delete(nursery);
        }
    }
}
