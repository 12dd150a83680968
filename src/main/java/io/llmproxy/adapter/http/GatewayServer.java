package io.llmproxy.adapter.http;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.port.EndedRequest;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The listener for clients: HTTP/1.1 on one address, each request on a virtual thread of its connection. */
public final class GatewayServer implements AutoCloseable {
    private static final Duration FOR_EVER = Duration.ofDays(365);
    /** Between cutting what is left and its end. */
    private static final Duration CUTTING = Duration.ofSeconds(2);

    private final Settings settings;
    private final ClientAddress addresses;
    private final Connections connections;
    private final Drain drain;
    private final @Nullable SecureConnections secure;
    private final @Nullable ProxiedConnections proxied;
    private final WebServer server;
    private final ReentrantLock stop = new ReentrantLock();
    // guarded by stop
    private @Nullable Thread stopping;
    private volatile int boundPort;
    private volatile SharedPort shared = new SharedPort(0);

    /**
     * How the listener behaves.
     *
     * @param port 0: a free one
     * @param trustedProxies whose forwarding fields are believed
     * @param maxPayload bytes of a body beyond which a request is refused unread; the gateway has finer limits below it
     * @param shutdownGrace how long running requests may take to finish
     * @param patience how long a client may take
     * @param proxyProtocol whether trusted proxies begin their connections with a PROXY header
     * @param handshakes of TLS that may be under way
     */
    public record Settings(
            String host,
            int port,
            List<Cidr> trustedProxies,
            long maxPayload,
            Duration shutdownGrace,
            ClientPatience patience,
            boolean proxyProtocol,
            int handshakes) {
        public Settings {
            trustedProxies = List.copyOf(trustedProxies);
        }

        /** With as many handshakes as this process has memory for. */
        public Settings(
                String host,
                int port,
                List<Cidr> trustedProxies,
                long maxPayload,
                Duration shutdownGrace,
                ClientPatience patience,
                boolean proxyProtocol) {
            this(host, port, trustedProxies, maxPayload, shutdownGrace, patience, proxyProtocol, Handshakes.most());
        }

        /** With the usual patience, without the PROXY protocol. */
        public Settings(String host, int port, List<Cidr> trustedProxies, long maxPayload, Duration shutdownGrace) {
            this(host, port, trustedProxies, maxPayload, shutdownGrace, ClientPatience.DEFAULT, false);
        }
    }

    /** @param gateway called once per well-formed request, on the request's thread; it has answered when it returns */
    public GatewayServer(Settings settings, InstantSource clock, BiConsumer<ClientRequest, ResponseSink> gateway) {
        this(settings, null, clock, gateway);
    }

    /** @param certificate for HTTPS; null: HTTP without TLS */
    public GatewayServer(
            Settings settings,
            @Nullable CertificateFiles certificate,
            InstantSource clock,
            BiConsumer<ClientRequest, ResponseSink> gateway) {
        this(settings, certificate, clock, gateway, _ -> {});
    }

    /**
     * @param certificate for HTTPS; null: HTTP without TLS
     * @param refused hears of what is answered here and never becomes a request of the gateway; waits for nothing
     */
    public GatewayServer(
            Settings settings,
            @Nullable CertificateFiles certificate,
            InstantSource clock,
            BiConsumer<ClientRequest, ResponseSink> gateway,
            Consumer<EndedRequest> refused) {
        this.settings = settings;
        ErrorRenderer renderer = new ErrorRenderer();
        Refuser refuser = new Refuser(renderer, clock, refused);
        this.drain = new Drain(this::refuses, settings.shutdownGrace());
        this.addresses = new ClientAddress(settings.trustedProxies());
        Serving serving = new Serving(gateway, addresses, refuser);
        this.connections = new Connections(serving, settings.patience(), settings.maxPayload(), drain);
        this.secure = certificate == null
                ? null
                : new SecureConnections(
                        certificate,
                        new GatewayProtocols(connections, serving),
                        drain::stopping,
                        () -> connections.patience().head(),
                        new Handshakes(settings.handshakes()));
        ServerConnectionSelector spoken = secure == null ? connections : secure;
        this.proxied = settings.proxyProtocol()
                ? new ProxiedConnections(
                        spoken, addresses, () -> connections.patience().head())
                : null;
        this.server = WebServer.builder()
                .host(settings.host())
                .port(settings.port())
                .shutdownHook(false)
                .protocolsDiscoverServices(false)
                // Helidon's channels hold 16 KB for each connection, idle or not; its sockets hold half of that, and
                // copy less
                .useNio(false)
                // an event must not wait until the client's system has confirmed the one before (RFC 896)
                .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
                .addConnectionSelector(proxied == null ? spoken : proxied)
                // close and leave have bounds of their own
                .shutdownGracePeriod(FOR_EVER)
                // so that a successor can listen beside this one
                .putListenerSocketOption(StandardSocketOptions.SO_REUSEPORT, true)
                .build();
    }

    /**
     * Listens. Only one try per instance.
     *
     * @throws PortTakenException where another program has the port
     * @throws IOException where the address cannot be listened on for another reason
     */
    public void start() throws IOException {
        probe();
        listen();
    }

    /**
     * Listens beside another process of the same user that does already and goes on to get new connections, until {@link #takeOver}.
     *
     * @throws IOException where the address cannot be listened on
     */
    public void startBeside() throws IOException {
        listen();
        shared.beside();
    }

    /** New connections come to this one alone from now on, and back to the one before where this is closed before it is {@link #settled}. */
    public void takeOver() {
        shared.takeOver();
    }

    /** What was taken over is kept. */
    public void settled() {
        shared.settled();
    }

    private void listen() throws IOException {
        server.start();
        // Helidon only logs that it could not bind
        if (!server.isRunning()) {
            throw new IOException("Cannot listen on " + named(settings.port()) + "; the log says why.");
        }
        boundPort = server.port();
        shared = new SharedPort(boundPort);
        connections.start();
        if (secure != null) {
            secure.start();
        }
        if (proxied != null) {
            proxied.start();
        }
    }

    /** The port that is listened on. */
    public int port() {
        return server.port();
    }

    /** Connections of clients that are open now, by protocol. */
    public record Open(int http1, int http2) {}

    public Open open() {
        return new Open(connections.count(), secure == null ? 0 : secure.countHttp2());
    }

    /** How handshakes of TLS went. */
    public HandshakeFigures handshakes() {
        return secure == null ? HandshakeFigures.NONE : secure.handshakes();
    }

    /** Waits as {@link SharedPort#awaitAlone}. */
    public void awaitAlone() throws InterruptedException {
        shared.awaitAlone();
    }

    /** Other proxies and another patience from now on, on connections of HTTP/2 only on those to come. */
    public void reload(List<Cidr> trustedProxies, ClientPatience patience) {
        addresses.trust(trustedProxies);
        connections.patience(patience);
    }

    /** {@code https} where the listener speaks TLS. */
    public String scheme() {
        return secure == null ? "http" : "https";
    }

    /** Where it listens, for this process itself. */
    public InetSocketAddress local() {
        return new InetSocketAddress(settings.host(), server.port());
    }

    /** The host as configured, and the port that is listened on. */
    public String address() {
        return named(server.port());
    }

    /**
     * Stops accepting, serves what still comes on connections that clients hold for a moment, lets running requests end within
     * the grace period, then closes what is left.
     */
    @Override
    public void close() {
        shared.giveBack();
        drain.hasten();
        drain.begin();
        endWithin(settings.shutdownGrace());
    }

    /**
     * Makes room for another process that listens on the port already: accepts what still comes to this one, then nothing more, and
     * returns when all connections have ended, or after {@code atMost}, when it cuts them. {@link #close} meanwhile hastens it.
     */
    public void leave(Duration atMost) {
        drain.leave();
        SharedPort.acceptWhatComes();
        endWithin(atMost);
    }

    private void endWithin(Duration bound) {
        Thread ending = stopping();
        try {
            if (!ending.join(bound)) {
                connections.cut();
                if (secure != null) {
                    secure.cut();
                }
                if (proxied != null) {
                    proxied.cut();
                }
                ending.join(CUTTING);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connections.close();
        if (secure != null) {
            secure.close();
        }
        if (proxied != null) {
            proxied.close();
        }
    }

    private Thread stopping() {
        stop.lock();
        try {
            Thread running = stopping;
            if (running == null) {
                running = Thread.ofPlatform().daemon().name("listener-stop").start(server::stop);
                stopping = running;
            }
            return running;
        } finally {
            stop.unlock();
        }
    }

    private void probe() throws IOException {
        InetAddress host = InetAddress.getByName(settings.host());
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(host, settings.port()));
        } catch (BindException e) {
            throw taken(e) ? new PortTakenException(named(settings.port()), e) : refused(e);
        } catch (IOException e) {
            throw refused(e);
        }
    }

    private boolean refuses() {
        try (Socket probe = new Socket()) {
            InetAddress host = InetAddress.getByName(settings.host());
            InetAddress target = host.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : host;
            probe.connect(new InetSocketAddress(target, boundPort), 1000);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** The JDK has one exception for a port in use, a foreign address and a port for root alone. */
    private static boolean taken(BindException e) {
        @Nullable String message = e.getMessage();
        return message != null && message.toLowerCase(Locale.ROOT).contains("in use");
    }

    private IOException refused(IOException e) {
        return new IOException("Cannot listen on " + named(settings.port()) + ": " + e.getMessage(), e);
    }

    private String named(int port) {
        String host = settings.host();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
