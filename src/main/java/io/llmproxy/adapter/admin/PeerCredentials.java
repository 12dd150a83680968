package io.llmproxy.adapter.admin;

import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.NioSocket;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.nio.channels.SocketChannel;
import java.util.Optional;
import java.util.OptionalInt;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;

/**
 * Who is at the other end of a Unix-domain socket, by the kernel's word (SO_PEERCRED). The web server keeps the channel in a
 * private field; this is the one class that reads one (docs/adr/002-peer-credentials.md). What cannot be read is nobody.
 */
final class PeerCredentials {
    private static final Logger LOG = System.getLogger(PeerCredentials.class.getName());

    private PeerCredentials() {}

    static Optional<Actor> of(HelidonSocket socket) {
        try {
            Field field = NioSocket.class.getDeclaredField("delegate");
            field.setAccessible(true);
            if (field.get(socket) instanceof SocketChannel channel) {
                return actor(channel);
            }
        } catch (ReflectiveOperationException | IOException | RuntimeException e) {
            LOG.log(Level.WARNING, "the caller of the admin socket cannot be identified, and so is refused", e);
        }
        return Optional.empty();
    }

    /** The other end of a connected channel, as an admin: who may connect is decided by the socket's mode and group. */
    static Optional<Actor> actor(SocketChannel channel) throws IOException {
        UnixDomainPrincipal peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
        String name = peer.user().getName();
        OptionalInt uid = UserIds.of(name);
        return uid.isEmpty()
                ? Optional.empty()
                : Optional.of(new Actor("unix:" + name, uid.getAsInt(), Role.ADMIN, null, null, "socket"));
    }
}
