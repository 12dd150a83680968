package io.llmproxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import org.jspecify.annotations.Nullable;

/** Gives files that root made to the user of the service, who could not open them otherwise. */
final class Ownership {
    private Ownership() {}

    /** Nothing is done where they are that user's already. */
    static void like(@Nullable Path model, Path tree) throws IOException {
        if (model == null) {
            return;
        }
        PosixFileAttributes wanted = Files.readAttributes(model, PosixFileAttributes.class);
        for (Path file : Trees.files(tree)) {
            PosixFileAttributeView view =
                    Files.getFileAttributeView(file, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
            if (!view.readAttributes().owner().equals(wanted.owner())) {
                view.setOwner(wanted.owner());
                view.setGroup(wanted.group());
            }
        }
    }
}
