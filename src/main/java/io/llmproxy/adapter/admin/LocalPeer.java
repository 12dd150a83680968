package io.llmproxy.adapter.admin;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.llmproxy.domain.identity.Actor;
import java.net.SocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** The peer of a connection together with who it is, so that a handler finds it at its request. */
record LocalPeer(PeerInfo peer, Optional<Actor> actor) implements PeerInfo {
    @Override
    public SocketAddress address() {
        return peer.address();
    }

    @Override
    public String host() {
        return peer.host();
    }

    @Override
    public int port() {
        return peer.port();
    }

    @Override
    public Optional<Principal> tlsPrincipal() {
        return peer.tlsPrincipal();
    }

    @Override
    public Optional<Certificate[]> tlsCertificates() {
        return peer.tlsCertificates();
    }

    /** The connection as it is, but for the peer. */
    static ConnectionContext identified(ConnectionContext connection) {
        LocalPeer peer = new LocalPeer(connection.remotePeer(), PeerCredentials.of(connection.serverSocket()));
        return new Identified(connection, peer);
    }

    private record Identified(ConnectionContext connection, LocalPeer remotePeer) implements ConnectionContext {
        @Override
        public ListenerContext listenerContext() {
            return connection.listenerContext();
        }

        @Override
        public ExecutorService executor() {
            return connection.executor();
        }

        @Override
        public DataWriter dataWriter() {
            return connection.dataWriter();
        }

        @Override
        public DataReader dataReader() {
            return connection.dataReader();
        }

        @Override
        public Router router() {
            return connection.router();
        }

        @Override
        public Optional<ProxyProtocolData> proxyProtocolData() {
            return connection.proxyProtocolData();
        }

        @Override
        public HelidonSocket serverSocket() {
            return connection.serverSocket();
        }

        @Override
        public PeerInfo localPeer() {
            return connection.localPeer();
        }

        @Override
        public boolean isSecure() {
            return connection.isSecure();
        }

        @Override
        public String socketId() {
            return connection.socketId();
        }

        @Override
        public String childSocketId() {
            return connection.childSocketId();
        }
    }
}
