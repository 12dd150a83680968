package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.http.tls.TlsStream;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.runtime.Periodic;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The living connections of a listener with TLS: does the handshake, within a time, and gives the connection to the protocol
 * that ALPN chose. Who speaks plain HTTP here is told so.
 */
final class SecureConnections implements ServerConnectionSelector, AutoCloseable {
    private static final Duration HANDSHAKE = Duration.ofSeconds(10);
    private static final int TLS_HANDSHAKE_RECORD = 22;

    private final CertificateFiles certificate;
    private final Connections http1;
    private final Serving serving;
    private volatile ClientPatience patience;
    private final BooleanSupplier stopping;
    private final Set<Connection> live = ConcurrentHashMap.newKeySet();
    private final Periodic sweeper = new Periodic(
            Thread.ofPlatform().daemon().name("secure-sweeper"),
            Connections.SWEEP_EVERY,
            () -> sweep(System.nanoTime()),
            "handshakes that take too long and idle connections of clients are not ended; tried again");

    /** @param stopping whether connections are to end with what they are at */
    SecureConnections(
            CertificateFiles certificate,
            Connections http1,
            Serving serving,
            ClientPatience patience,
            BooleanSupplier stopping) {
        this.certificate = certificate;
        this.http1 = http1;
        this.serving = serving;
        this.patience = patience;
        this.stopping = stopping;
    }

    void start() {
        sweeper.start();
    }

    /** Another patience, which holds for connections of HTTP/2 that are opened from now on. */
    void patience(ClientPatience now) {
        patience = now;
    }

    @Override
    public void close() {
        sweeper.close();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return 0;
    }

    @Override
    public Support supports(BufferData data) {
        return Support.SUPPORTED;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http1.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        return new Connection(context);
    }

    /** Connections that are open and speak HTTP/2. */
    int countHttp2() {
        int count = 0;
        for (Connection connection : live) {
            count += connection.http2 == null ? 0 : 1;
        }
        return count;
    }

    /** Ends all at once, whatever they are at. */
    void cut() {
        live.forEach(Connection::cut);
    }

    private void sweep(long now) {
        live.forEach(connection -> connection.sweep(now));
    }

    /** Blocks until the client has sent its first byte. */
    private static boolean speaksTls(DataReader reader) {
        return reader.lookup() == TLS_HANDSHAKE_RECORD;
    }

    private void refusePlainHttp(ConnectionContext context) {
        serving.refuser()
                .refuse(
                        context.dataWriter(),
                        Dialect.OPENAI,
                        false,
                        new ProxyError.InvalidRequest(
                                "A plain HTTP request was sent to an HTTPS port: use https://", null));
        discard(context);
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

    private final class Connection implements ServerConnection, InterruptableTask<Void> {
        private final ConnectionContext context;
        /** Of what TLS itself waits for: the handshake, and the end. */
        private final Stall stall = new Stall();

        private volatile @Nullable ServerConnection chosen;
        private volatile @Nullable Http2ServerConnection http2;

        Connection(ConnectionContext context) {
            this.context = context;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            live.add(this);
            stall.begin();
            try {
                if (speaksTls(context.dataReader())) {
                    handleSecurely(limit);
                } else {
                    refusePlainHttp(context);
                }
            } catch (DataReader.InsufficientDataAvailableException e) {
                // it came and went: a probe for the port
            } finally {
                live.remove(this);
            }
        }

        private void handleSecurely(Limit limit) throws InterruptedException {
            TlsStream tls = new TlsStream(
                    certificate.engine(), List.of("h2", "http/1.1"), context.dataReader(), context.dataWriter());
            tls.handshake();
            stall.end();
            SecureContext layered = new SecureContext(context, tls, DataReader.create(tls), tls);
            ServerConnection connection =
                    tls.protocol().equals("h2") ? http2(layered) : http1.connection(layered, layered.bytes());
            chosen = connection;
            try {
                connection.handle(limit);
            } finally {
                stall.begin();
                tls.end();
            }
        }

        private ServerConnection http2(SecureContext layered) {
            Http2ServerConnection connection = new Http2ServerConnection(layered, serving, patience);
            http2 = connection;
            return connection;
        }

        void sweep(long now) {
            Http2ServerConnection streams = http2;
            boolean over = streams != null && streams.over(now, stopping.getAsBoolean());
            if (over || stall.longerThan(HANDSHAKE, now)) {
                cut();
            }
        }

        void cut() {
            try {
                context.serverSocket().close();
            } catch (UncheckedIOException e) {
                // it has ended by itself meanwhile
            }
        }

        @Override
        public Duration idleTime() {
            ServerConnection connection = chosen;
            return connection == null ? Duration.ZERO : connection.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            ServerConnection connection = chosen;
            if (connection != null) {
                connection.close(interrupt);
            }
        }

        @Override
        public boolean canInterrupt() {
            ServerConnection connection = chosen;
            return connection == null || connection instanceof InterruptableTask<?> task && task.canInterrupt();
        }
    }
}
