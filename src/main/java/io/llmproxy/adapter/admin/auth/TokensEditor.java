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

    /** @throws AuthFault where the file is wrong, or has the name already; nothing is changed */
    public void add(TokenLine line) throws AuthFault {
        boolean there = Files.exists(file);
        String before = there ? text() : "# who may administer over TCP: llmproxy admin-token --help\n";
        String after = before + (before.isEmpty() || before.endsWith("\n") ? "" : "\n") + line + "\n";
        TokensFile.parse(file.toString(), after);
        write(after);
    }

    /** @throws AuthFault where the file is wrong, or has no such name; nothing is changed */
    public void remove(String name) throws AuthFault {
        String before = text();
        if (TokensFile.parse(file.toString(), before).lines().stream()
                .noneMatch(line -> line.name().equals(name))) {
            throw new AuthFault(file + ": has no token `" + name + "`");
        }
        write(before.lines()
                .filter(line -> !line.strip().split("\\s+")[0].equals(name))
                .map(line -> line + "\n")
                .collect(Collectors.joining()));
    }

    private String text() throws AuthFault {
        return AuthFile.read("the file of tokens", file, true);
    }

    private void write(String text) throws AuthFault {
        try {
            // a link stays one, and what it points to is replaced
            replace(Files.exists(file) ? file.toRealPath() : file.toAbsolutePath(), text);
        } catch (IOException e) {
            throw new AuthFault(file + " cannot be written: " + e, e);
        }
    }

    private static void replace(Path real, String text) throws IOException, AuthFault {
        Path next = real.resolveSibling("." + real.getFileName() + ".new");
        try (FileChannel channel = FileChannel.open(
                next,
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            like(Files.exists(real) ? Files.readAttributes(real, PosixFileAttributes.class) : null, next);
            channel.force(true);
            Files.move(next, real, StandardCopyOption.ATOMIC_MOVE);
        } catch (FileAlreadyExistsException e) {
            throw new AuthFault(next + " is there: somebody else is changing the file; delete it if nobody is", e);
        } catch (IOException e) {
            Files.deleteIfExists(next);
            throw e;
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
