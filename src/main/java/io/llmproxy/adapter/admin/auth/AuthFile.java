package io.llmproxy.adapter.admin.auth;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file that says who may administer, as it is read. */
final class AuthFile {
    private static final int LARGEST = 1 << 20;
    private static final Set<PosixFilePermission> WRITABLE =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
    private static final Set<PosixFilePermission> WRITABLE_OR_PUBLIC =
            Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE, PosixFilePermission.OTHERS_READ);

    private AuthFile() {}

    /**
     * @param key of the configuration, which names it
     * @param secret whether only its owner and group may read it; nobody but its owner may write it in any case
     */
    static String read(String key, Path file, boolean secret) throws AuthFault {
        String named = key + " " + file;
        try (InputStream in = Files.newInputStream(file)) {
            checkMode(named, file, secret);
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new AuthFault(named + ": is larger than 1 MiB, so it is something else");
            }
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new AuthFault(named + ": there is no such file", e);
        } catch (AccessDeniedException e) {
            throw new AuthFault(
                    named + ": the user that the process runs as may not read it; chgrp it to that user's group and"
                            + " chmod 640 it",
                    e);
        } catch (IOException e) {
            throw new AuthFault(named + " cannot be read: " + e, e);
        }
    }

    private static void checkMode(String named, Path file, boolean secret) throws IOException, AuthFault {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        if (mode.stream().anyMatch((secret ? WRITABLE_OR_PUBLIC : WRITABLE)::contains)) {
            throw new AuthFault(named + ": others may " + (secret ? "read or write" : "write") + " it (mode "
                    + PosixFilePermissions.toString(mode) + "), and who can write it can administer; chmod "
                    + (secret ? "640" : "644") + " it");
        }
    }
}
