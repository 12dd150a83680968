package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.llmproxy.adapter.http.tls.CertificateFiles;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Puts TLS under one listener that speaks HTTP/1.1. */
public final class SecureListener implements UnaryOperator<ServerConnectionSelector>, AutoCloseable {
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);
    private static final byte[] PLAIN = String.join(
                    "\r\n",
                    "HTTP/1.1 400 Bad Request",
                    "Content-Type: text/plain",
                    "Connection: close",
                    "Content-Length: 61",
                    "",
                    "A plain HTTP request was sent to an HTTPS port: use https://\n")
            .getBytes(StandardCharsets.US_ASCII);

    private final CertificateFiles certificate;
    private volatile @Nullable SecureConnections running;

    public SecureListener(CertificateFiles certificate) {
        this.certificate = certificate;
    }

    /** The same protocol inside TLS; once. */
    @Override
    public ServerConnectionSelector apply(ServerConnectionSelector http1) {
        SecureConnections connections = new SecureConnections(
                certificate, new Http1Alone(http1), () -> false, () -> HANDSHAKE, new Handshakes(Handshakes.most()));
        connections.start();
        running = connections;
        return connections;
    }

    /** How handshakes went. */
    public HandshakeFigures handshakes() {
        SecureConnections connections = running;
        return connections == null ? HandshakeFigures.NONE : connections.handshakes();
    }

    @Override
    public void close() {
        SecureConnections connections = running;
        if (connections != null) {
            connections.close();
        }
    }

    private record Http1Alone(ServerConnectionSelector http1) implements SecureConnections.Protocols {
        private static final List<String> NAMES = List.of("http/1.1");

        @Override
        public List<String> names() {
            return NAMES;
        }

        @Override
        public ServerConnection open(SecureContext connection, String protocol) {
            return http1.connection(connection);
        }

        @Override
        public void refusePlain(ConnectionContext connection) {
            connection.dataWriter().writeNow(BufferData.create(PLAIN));
        }
    }
}
