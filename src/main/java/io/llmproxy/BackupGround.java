package io.llmproxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * Whether backups can be written to a directory, asked before one is due: who only looks when one is needed finds out when it is missing.
 *
 * @param user that this process is, by name
 * @param directory made by the first backup, where it is not there
 */
record BackupGround(String user, Path directory) {
    static BackupGround of(Path directory) {
        return new BackupGround(System.getProperty("user.name", "?"), directory);
    }

    /** Why this process cannot write there, and what to do; null: it can. */
    @Nullable
    String fault() {
        Path there = nearest();
        if (!Files.isDirectory(there)) {
            return shown() + " cannot be written to, since " + there + " is no directory; name another";
        }
        if (Files.isWritable(there) && Files.isExecutable(there)) {
            return null;
        }
        String owner = there.equals(absolute())
                ? "cannot be written to by the user "
                : "is not there, and cannot be made by the user ";
        return shown() + " " + owner + user + ", or lies on a disk that is read-only for it: `install -d -o " + user
                + " -m 0700 " + directory + "`, and restart the service, which sees what is there when it starts";
    }

    /**
     * The same for a service of another user than the caller, as far as root can tell: what is root's alone no service can write to.
     *
     * @return null: nothing is known to be wrong
     */
    @Nullable
    String faultForServices() {
        String fault = fault();
        if (fault != null || !(user.equals("root") || user.equals("0"))) {
            return fault;
        }
        Path there = nearest();
        try {
            boolean roots = Files.getOwner(there).getName().equals(user);
            String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(there));
            boolean open = mode.charAt(4) == 'w' || mode.charAt(7) == 'w';
            return roots && !open
                    ? shown() + (there.equals(absolute()) ? " is root's" : " is not there, and " + there + " is root's")
                            + ": a service that is not root, as the packaged ones are not, cannot write there;"
                            + " `install -d -o llmproxy -g llmproxy -m 0700 " + directory + "`"
                    : null;
        } catch (IOException | UnsupportedOperationException e) {
            return null;
        }
    }

    private String shown() {
        return "the directory of backups `" + directory + "`";
    }

    private Path absolute() {
        return directory.toAbsolutePath().normalize();
    }

    /** The directory itself, else what it would be made in. */
    private Path nearest() {
        Path there = absolute();
        while (!Files.exists(there) && there.getParent() != null) {
            there = there.getParent();
        }
        return there;
    }
}
