package io.llmproxy;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Gives files that root made to the user of the service, who could not open them otherwise. That user may change names in its directories at any
 * moment, so each name is looked up in a directory that is open, and no link is followed: what is given away is what was looked at.
 */
final class Ownership {
    private static final Set<String> ROOT = Set.of("root", "0");

    private Ownership() {}

    /**
     * Gives what is root's in a directory, and itself, to the owner of the model; links stay as they are. Nothing is done where that owner is
     * root.
     *
     * @param model null: nothing is done
     * @param tree the directory, whose own name may be a link
     */
    static void like(@Nullable Path model, Path tree) throws IOException {
        if (model == null || !byRoot()) {
            return;
        }
        PosixFileAttributes wanted = Files.readAttributes(model, PosixFileAttributes.class);
        try (DirectoryStream<Path> names = Files.newDirectoryStream(tree)) {
            if (names instanceof SecureDirectoryStream<Path> directory && !roots(wanted)) {
                all(directory, wanted);
            }
        }
    }

    /**
     * Gives a file, and the directories that lead to it, to the owner of the one that they begin in, where that is the user.
     *
     * @param user by name
     */
    static void below(Path directory, Path file, String user) throws IOException {
        if (!byRoot()) {
            return;
        }
        Path names = directory
                .toAbsolutePath()
                .normalize()
                .relativize(file.toAbsolutePath().normalize());
        try (DirectoryStream<Path> open = Files.newDirectoryStream(directory)) {
            if (open instanceof SecureDirectoryStream<Path> secure) {
                PosixFileAttributes owner = secure.getFileAttributeView(PosixFileAttributeView.class)
                        .readAttributes();
                if (owner.owner().getName().equals(user) && !roots(owner)) {
                    each(secure, names, owner);
                }
            }
        }
    }

    private static void each(SecureDirectoryStream<Path> directory, Path names, PosixFileAttributes wanted)
            throws IOException {
        Path first = names.getName(0);
        give(view(directory, first), wanted);
        if (names.getNameCount() > 1) {
            try (SecureDirectoryStream<Path> next = directory.newDirectoryStream(first, LinkOption.NOFOLLOW_LINKS)) {
                each(next, names.subpath(1, names.getNameCount()), wanted);
            }
        }
    }

    private static void all(SecureDirectoryStream<Path> directory, PosixFileAttributes wanted) throws IOException {
        give(directory.getFileAttributeView(PosixFileAttributeView.class), wanted);
        List<Path> names = new ArrayList<>();
        directory.forEach(entry -> names.add(entry.getFileName()));
        for (Path name : names) {
            try {
                if (view(directory, name).readAttributes().isDirectory()) {
                    try (SecureDirectoryStream<Path> next =
                            directory.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
                        all(next, wanted);
                    }
                } else {
                    give(view(directory, name), wanted);
                }
            } catch (NoSuchFileException e) {
                // gone meanwhile
            }
        }
    }

    private static PosixFileAttributeView view(SecureDirectoryStream<Path> directory, Path name) {
        return directory.getFileAttributeView(name, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** The view opens the file without following a link, and changes what it opened. */
    private static void give(PosixFileAttributeView view, PosixFileAttributes wanted) throws IOException {
        PosixFileAttributes is = view.readAttributes();
        if (roots(is) && (is.isRegularFile() || is.isDirectory())) {
            view.setOwner(wanted.owner());
            view.setGroup(wanted.group());
        }
    }

    /** Nobody else can give anything away, or made what lies there for root. */
    private static boolean byRoot() throws IOException {
        return Files.getAttribute(Path.of("/proc/self"), "unix:uid") instanceof Integer uid && uid == 0;
    }

    private static boolean roots(PosixFileAttributes file) {
        return ROOT.contains(file.owner().getName());
    }
}
