package io.llmproxy.cli;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import jdk.net.ExtendedSocketOptions;

/**
 * Whom a Unix-domain socket may belong to. Anyone can put a socket at {@code ./llmproxy-data/admin.sock}; one who is neither
 * root, nor the caller, nor the service's own user would be handed keys.
 *
 * @param caller the user that runs this program
 */
record PeerCheck(String caller, Lookup lookup) {
    /** Asks the kernel for the user at the other end. */
    @FunctionalInterface
    interface Lookup {
        String user(SocketChannel channel) throws IOException;
    }

    static PeerCheck ofKernel() {
        return new PeerCheck(
                caller(System.getProperty("user.name", "?")),
                channel -> channel.getOption(ExtendedSocketOptions.SO_PEERCRED)
                        .user()
                        .getName());
    }

    /** The caller's name, or the number where the user has none, as in a container with a uid of its own. */
    static String caller(String name) {
        if (!name.equals("?")) {
            return name;
        }
        try {
            return String.valueOf(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
            return name;
        }
    }

    /** @throws CliException where the peer is a stranger */
    void check(SocketChannel channel, String path) throws IOException {
        String user;
        try {
            user = lookup.user(channel);
        } catch (UnsupportedOperationException e) {
            throw refusal(path, "an unknown user: this system does not tell the peer of a socket");
        }
        if (!user.equals("root") && !user.equals("0") && !user.equals("llmproxy") && !user.equals(caller)) {
            throw refusal(path, "user " + user);
        }
    }

    private CliException refusal(String path, String whose) {
        return new CliException(
                ExitCode.NO_SERVER,
                "the socket " + path + " is served by " + whose + ", who is neither root, nor llmproxy, nor you ("
                        + caller + "): refused; name the right one with --socket PATH");
    }
}
