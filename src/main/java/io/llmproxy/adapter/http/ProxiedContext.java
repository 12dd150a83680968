package io.llmproxy.adapter.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.net.InetSocketAddress;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/** A connection whose peer is whom the proxy at its other end forwards for. */
record ProxiedContext(ConnectionContext proxy, PeerInfo remotePeer) implements ConnectionContext {
    ProxiedContext(ConnectionContext proxy, InetSocketAddress source) {
        this(proxy, new Source(source));
    }

    /** The client as the proxy named it. */
    record Source(InetSocketAddress address) implements PeerInfo {
        @Override
        public String host() {
            return address.getHostString();
        }

        @Override
        public int port() {
            return address.getPort();
        }

        @Override
        public Optional<Principal> tlsPrincipal() {
            return Optional.empty();
        }

        @Override
        public Optional<Certificate[]> tlsCertificates() {
            return Optional.empty();
        }
    }

    @Override
    public ListenerContext listenerContext() {
        return proxy.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return proxy.executor();
    }

    @Override
    public DataWriter dataWriter() {
        return proxy.dataWriter();
    }

    @Override
    public DataReader dataReader() {
        return proxy.dataReader();
    }

    @Override
    public Router router() {
        return proxy.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return proxy.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return proxy.serverSocket();
    }

    @Override
    public PeerInfo localPeer() {
        return proxy.localPeer();
    }

    @Override
    public boolean isSecure() {
        return proxy.isSecure();
    }

    @Override
    public String socketId() {
        return proxy.socketId();
    }

    @Override
    public String childSocketId() {
        return proxy.childSocketId();
    }
}
