package io.llmproxy.adapter.http;

import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.llmproxy.domain.error.ProxyError;
import java.util.List;

/** What the gateway speaks above TLS. */
record GatewayProtocols(Connections http1, Serving serving) implements SecureConnections.Protocols {
    private static final String HTTP_2 = "h2";
    private static final List<String> NAMES = List.of(HTTP_2, "http/1.1");

    @Override
    public List<String> names() {
        return NAMES;
    }

    @Override
    public ServerConnection open(SecureContext connection, String protocol) {
        return protocol.equals(HTTP_2)
                ? new Http2ServerConnection(connection, serving, http1.patience())
                : http1.connection(connection, connection.bytes());
    }

    @Override
    public void refusePlain(ConnectionContext connection) {
        serving.refuser()
                .refuse(
                        connection.dataWriter(),
                        Dialect.OPENAI,
                        Refuser.Refused.unread(ClientAddress.bytes(connection.remotePeer())),
                        new ProxyError.InvalidRequest(
                                "A plain HTTP request was sent to an HTTPS port: use https://", null));
    }
}
