package io.llmproxy.adapter.http;

import io.helidon.common.socket.HelidonSocket;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * Makes a connection end in a reset: for an answer whose only end is the connection's, since a close would pass half of it off as all
 * of it. While it is armed this process's death is a reset too, by SO_LINGER of no seconds (socket(7)); where the process lives
 * the server would shut the connection down in order first, so that it has to be {@linkplain #reset reset} before. On the descriptor,
 * since the server keeps its sockets to itself; where that cannot be, connections end as any other. Armed and disarmed by the connection's thread.
 */
final class AbruptEnd {
    private static final Logger LOG = System.getLogger(AbruptEnd.class.getName());
    private static final int SO_LINGER = 13;

    private final HelidonSocket socket;
    private volatile boolean armed;

    AbruptEnd(HelidonSocket socket) {
        this.socket = socket;
    }

    /** What was begun has no other end from now on. */
    void arm() {
        armed = true;
        change((calls, descriptor) -> calls.set(descriptor, SO_LINGER, linger(1)));
    }

    /** It is complete: what the client has not taken yet is sent on after the close. */
    void disarm() {
        if (armed) {
            change((calls, descriptor) -> calls.set(descriptor, SO_LINGER, linger(0)));
            armed = false;
        }
    }

    /** Resets the connection where it is armed; the caller closes it then. */
    void reset() {
        if (armed) {
            change(SocketCalls::reset);
        }
    }

    /** Something about a socket that may fail. */
    private interface Change {
        void make(SocketCalls calls, int descriptor) throws IOException;
    }

    /** {@code struct linger}: whether, and how many seconds. */
    private static MemorySegment linger(int on) {
        MemorySegment linger = Arena.ofAuto().allocate(8, 4);
        linger.set(ValueLayout.JAVA_INT, 0, on);
        return linger;
    }

    private void change(Change change) {
        try (Arena arena = Arena.ofConfined()) {
            SocketCalls calls = new SocketCalls(arena);
            change.make(calls, descriptor(calls));
        } catch (IOException | RuntimeException | LinkageError e) {
            LOG.log(Level.DEBUG, "an answer in HTTP/1.0 that is cut would look whole", e);
        }
    }

    private int descriptor(SocketCalls calls) throws IOException {
        SocketAddress local = socket.localPeer().address();
        SocketAddress remote = socket.remotePeer().address();
        for (int descriptor : SocketCalls.descriptors()) {
            InetSocketAddress peer = calls.peer(descriptor);
            if (peer != null && peer.equals(remote) && local.equals(calls.local(descriptor))) {
                return descriptor;
            }
        }
        throw new IOException("the connection is closed");
    }
}
