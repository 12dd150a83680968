package io.llmproxy.adapter.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.ClientNames;
import io.llmproxy.adapter.http.tls.TlsStream;
import io.llmproxy.gateway.ClientCertificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The living connections of a listener with TLS: does the handshake, within a time, and gives the connection to the protocol
 * that ALPN chose. Who speaks plain HTTP here is told so.
 */
final class SecureConnections extends LayeredConnections {
    private static final System.Logger LOG = System.getLogger(SecureConnections.class.getName());
    private static final int TLS_HANDSHAKE_RECORD = 22;

    private final CertificateFiles certificate;
    private final Protocols protocols;
    private final BooleanSupplier stopping;
    private final Supplier<Duration> patience;
    private final Handshakes handshakes;
    private final Set<Connection> live = ConcurrentHashMap.newKeySet();

    /** What is spoken above TLS. */
    interface Protocols {
        /** By their names for ALPN, the preferred one first. */
        List<String> names();

        /** @param protocol what ALPN chose; empty: the client did not ask */
        ServerConnection open(SecureContext connection, String protocol);

        /** Answers who speaks plain HTTP. */
        void refusePlain(ConnectionContext connection);
    }

    /**
     * @param stopping whether connections are to end with what they are at
     * @param patience how long a handshake may take, from the connection's beginning
     */
    SecureConnections(
            CertificateFiles certificate,
            Protocols protocols,
            BooleanSupplier stopping,
            Supplier<Duration> patience,
            Handshakes handshakes) {
        super(
                "secure-sweeper",
                "handshakes that take too long and idle connections of clients are not ended; tried again");
        this.certificate = certificate;
        this.protocols = protocols;
        this.stopping = stopping;
        this.patience = patience;
        this.handshakes = handshakes;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return Set.copyOf(protocols.names());
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        return new Connection(context);
    }

    HandshakeFigures handshakes() {
        return handshakes.figures();
    }

    /** Connections that are open and speak HTTP/2. */
    int countHttp2() {
        int count = 0;
        for (Connection connection : live) {
            count += connection.above() instanceof Http2ServerConnection ? 1 : 0;
        }
        return count;
    }

    /** Ends all at once, whatever they are at. */
    void cut() {
        live.forEach(LayeredConnection::cut);
    }

    @Override
    void sweep(long now) {
        live.forEach(connection -> connection.sweep(now));
    }

    /** Blocks until the client has sent its first byte. */
    private static boolean speaksTls(DataReader reader) {
        return reader.lookup() == TLS_HANDSHAKE_RECORD;
    }

    /** What the client still sends, since a close at once might cost it the answer; the sweeper ends it. */
    private static void discard(ConnectionContext context) {
        try {
            while (true) {
                context.dataReader().skip(context.dataReader().available());
                context.dataReader().ensureAvailable();
            }
        } catch (DataReader.InsufficientDataAvailableException e) {
            // the client has closed its side: the answer has arrived
        }
    }

    private static @Nullable ClientCertificate client(TlsStream tls) {
        X509Certificate shown = tls.clientCertificate();
        return shown == null
                ? null
                : new ClientCertificate(
                        ClientNames.of(shown), shown.getNotAfter().toInstant());
    }

    private final class Connection extends LayeredConnection implements Handshakes.Handshake {
        private volatile @Nullable TlsStream stream;

        Connection(ConnectionContext context) {
            super(context);
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            stall().begin();
            if (!handshakes.begin(this)) {
                return;
            }
            live.add(this);
            try {
                if (speaksTls(context().dataReader())) {
                    handleSecurely(limit);
                } else {
                    protocols.refusePlain(context());
                    discard(context());
                }
            } catch (DataReader.InsufficientDataAvailableException e) {
                // it came and went: a probe for the port
            } finally {
                live.remove(this);
                handshakes.end(this);
            }
        }

        private void handleSecurely(Limit limit) throws InterruptedException {
            TlsStream tls = new TlsStream(
                    certificate.engine(),
                    protocols.names(),
                    context().dataReader(),
                    context().dataWriter());
            stream = tls;
            shakeHands(tls);
            SecureContext layered = new SecureContext(context(), tls, DataReader.create(tls), tls, client(tls));
            try {
                serve(protocols.open(layered, tls.protocol()), limit);
            } finally {
                stall().begin();
                tls.end();
            }
        }

        private void shakeHands(TlsStream tls) {
            try {
                tls.handshake();
            } catch (CloseConnectionException e) {
                handshakes.refused(this);
                if (LOG.isLoggable(System.Logger.Level.DEBUG)) {
                    LOG.log(
                            System.Logger.Level.DEBUG,
                            "the TLS handshake of " + context().remotePeer().host() + " failed: " + e.getCause());
                }
                throw e;
            }
            stall().end();
            handshakes.end(this);
        }

        @Override
        public long age(long nowNanos) {
            return stall().nanos(nowNanos);
        }

        @Override
        public boolean waits(long nowNanos) {
            TlsStream tls = stream;
            return tls == null || tls.waiting(nowNanos) > 0;
        }

        @Override
        public void giveUp() {
            cut();
        }

        void sweep(long now) {
            boolean over =
                    above() instanceof Http2ServerConnection streams && streams.over(now, stopping.getAsBoolean());
            if (over || stall().longerThan(patience.get(), now)) {
                handshakes.giveUp(this);
                return;
            }
            TlsStream tls = stream;
            if (tls != null) {
                tls.giveUpBuffers(now);
            }
        }
    }
}
