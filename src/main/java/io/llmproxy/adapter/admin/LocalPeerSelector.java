package io.llmproxy.adapter.admin;

import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.util.Set;

/** Identifies the peer of each connection once, before the protocol begins. */
record LocalPeerSelector(ServerConnectionSelector protocol) implements ServerConnectionSelector {
    @Override
    public int bytesToIdentifyConnection() {
        return protocol.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData data) {
        return protocol.supports(data);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return protocol.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext connection) {
        return protocol.connection(LocalPeer.identified(connection));
    }
}
