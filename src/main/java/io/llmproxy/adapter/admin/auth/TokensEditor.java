package io.llmproxy.adapter.admin.auth;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Changes a file of tokens: as a whole or not at all, under its owner, group and mode, comments and all. Who changes it at the same time
 * is refused.
 */
public final class TokensEditor {
    private final Path file;

    public TokensEditor(Path file) {
        this.file = file;
    }

    /** What the file is to hold instead of what it holds. */
    @FunctionalInterface
    private interface Edit {
        /** @param before null: there is no file */
        String of(@Nullable String before) throws AuthFault;
    }

    /** @throws AuthFault where the file is wrong, or has the name already; nothing is changed */
    public void add(TokenLine line) throws AuthFault {
        change(there -> {
            String before = there == null ? "# who may administer over TCP: llmproxy admin-token --help\n" : there;
            String after = before + (before.isEmpty() || before.endsWith("\n") ? "" : "\n") + line + "\n";
            TokensFile.parse(file.toString(), after);
            return after;
        });
    }

    /** @throws AuthFault where the file is wrong, or has no such name; nothing is changed */
    public void remove(String name) throws AuthFault {
        change(there -> {
            String before = there == null ? "" : there;
            if (TokensFile.parse(file.toString(), before).lines().stream()
                    .noneMatch(line -> line.name().equals(name))) {
                throw new AuthFault(file + ": has no token `" + name + "`");
            }
            return before.lines()
                    .filter(line -> !line.strip().split("\\s+")[0].equals(name))
                    .map(line -> line + "\n")
                    .collect(Collectors.joining());
        });
    }

    private void change(Edit edit) throws AuthFault {
        try {
            // a link stays one, and what it points to is replaced
            change(Files.exists(file) ? file.toRealPath() : file.toAbsolutePath(), edit);
        } catch (IOException e) {
            throw new AuthFault(file + " cannot be written: " + e, e);
        }
    }

    /** The next file is made before this one is read: so nobody else changes it in between. */
    private static void change(Path real, Edit edit) throws IOException, AuthFault {
        Path next = real.resolveSibling("." + real.getFileName() + ".new");
        FileChannel begun = begun(next);
        try (begun) {
            boolean there = Files.exists(real);
            String after = edit.of(there ? AuthFile.read("the file of tokens", real, true) : null);
            ByteBuffer bytes = ByteBuffer.wrap(after.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                begun.write(bytes);
            }
            like(there ? Files.readAttributes(real, PosixFileAttributes.class) : null, next);
            begun.force(true);
            Files.move(next, real, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | AuthFault | RuntimeException e) {
            Files.deleteIfExists(next);
            throw e;
        }
    }

    private static FileChannel begun(Path next) throws IOException, AuthFault {
        try {
            return FileChannel.open(
                    next,
                    Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        } catch (FileAlreadyExistsException e) {
            throw new AuthFault(next + " is there: somebody else is changing the file; delete it if nobody is", e);
        }
    }

    private static void like(@Nullable PosixFileAttributes model, Path next) throws IOException {
        PosixFileAttributeView view =
                Files.getFileAttributeView(next, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        if (model == null) {
            view.setPermissions(PosixFilePermissions.fromString("rw-r-----"));
            return;
        }
        PosixFileAttributes is = view.readAttributes();
        if (!is.owner().equals(model.owner())) {
            view.setOwner(model.owner());
        }
        if (!is.group().equals(model.group())) {
            view.setGroup(model.group());
        }
        view.setPermissions(model.permissions());
    }
}
