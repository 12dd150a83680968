package io.llmproxy.adapter.admin;

import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportResponse;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.llmproxy.adapter.admin.auth.AdminAuth;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.AuditQueries;
import io.llmproxy.admin.BackupAdmin;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.Health;
import io.llmproxy.admin.ListenerCertificate;
import io.llmproxy.admin.LiveView;
import io.llmproxy.admin.LogAdmin;
import io.llmproxy.admin.PriceQueries;
import io.llmproxy.admin.ProcessAdmin;
import io.llmproxy.admin.ProviderState;
import io.llmproxy.admin.ProviderTester;
import io.llmproxy.admin.RemoteCallers;
import io.llmproxy.admin.RequestAudit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.gateway.DryRun;
import io.llmproxy.gateway.proof.LimitProofReport;
import io.llmproxy.port.IdempotencyStore;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The listeners of administration: the socket, and TCP for health, metrics, and callers with a token. */
public final class AdminServer implements AutoCloseable {
    private static final Logger LOG = System.getLogger(AdminServer.class.getName());
    private static final String TCP = "admin-tcp";
    private final WebServer server;
    private final SocketFile socket;
    private final @Nullable InetSocketAddress tcp;
    private final AtomicBoolean closed = new AtomicBoolean();

    private AdminServer(WebServer server, SocketFile socket, @Nullable InetSocketAddress tcp) {
        this.server = server;
        this.socket = socket;
        this.tcp = tcp;
    }

    /**
     * Where to listen.
     *
     * @param socketGroup whose members may administer; null: the group of the process
     * @param tcp for health and metrics, port 0 picks a free one; null: none
     * @param tls puts TLS under what is spoken on TCP; null: there is none
     * @param grace how long running requests may take when it closes
     * @param beside whether another process of the same user listens there and makes room
     */
    public record Listeners(
            Path socket,
            @Nullable String socketGroup,
            @Nullable InetSocketAddress tcp,
            @Nullable UnaryOperator<ServerConnectionSelector> tls,
            Duration grace,
            boolean beside) {
        /** Where nobody listens yet. */
        public Listeners(
                Path socket,
                @Nullable String socketGroup,
                @Nullable InetSocketAddress tcp,
                @Nullable UnaryOperator<ServerConnectionSelector> tls,
                Duration grace) {
            this(socket, socketGroup, tcp, tls, grace, false);
        }
    }

    /**
     * What it administers and shows.
     *
     * @param flushLedger brings what has been answered into the ledger; called before each read of it
     * @param faults why a live provider, by its id, cannot be called; null: it can, or it is not live
     * @param states how a provider does, by its id
     * @param metrics the Prometheus text, format 0.0.4
     * @param proofs what it can prove of itself
     * @param dryRun decides on requests that nobody sent
     * @param operations for who operates the installation
     * @param audit what was administered
     * @param requests what was asked
     * @param flushBodies brings what is kept of requests into the store
     * @param remote callers over TCP
     */
    public record Application(
            CommandExecutor executor,
            AdminQueries queries,
            PriceQueries prices,
            ProviderTester tester,
            Runnable flushLedger,
            Function<UUID, @Nullable String> faults,
            Function<UUID, ProviderState> states,
            Supplier<ApplianceStatus> status,
            Supplier<Health> health,
            Supplier<String> metrics,
            Replays replays,
            Proofs proofs,
            DryRun dryRun,
            Operations operations,
            AuditQueries audit,
            RequestAudit requests,
            Runnable flushBodies,
            Remote remote,
            InstantSource clock) {}

    /** Who may administer over TCP, and what they may reach. */
    public record Remote(AdminAuth auth, RemoteCallers callers) {}

    /**
     * For who operates the installation.
     *
     * @param diagnosis texts by the names of files, without secrets
     * @param certificates of the listeners that have one
     */
    public record Operations(
            LogAdmin log,
            Supplier<LiveView> live,
            Supplier<Map<String, String>> diagnosis,
            Supplier<List<ListenerCertificate>> certificates,
            BackupAdmin backups,
            ProcessAdmin process) {}

    /** What the appliance can prove of itself. */
    @FunctionalInterface
    public interface Proofs {
        /**
         * Blocks, some more than two minutes at most.
         *
         * @param only the algorithm whose limits are proven; null: all
         */
        LimitProofReport limits(int requests, int parallel, @Nullable LimitAlgorithm only);
    }

    /**
     * Where answers to requests with an Idempotency-Key are kept.
     *
     * @param stored for those without a secret
     * @param secrets for the others, in memory
     */
    public record Replays(IdempotencyStore stored, IdempotencyStore secrets, Duration retention) {}

    /**
     * Listens when it returns.
     *
     * @throws AddressTakenException where another process listens there
     * @throws IOException where the socket cannot be made, with what to do
     */
    public static AdminServer start(Listeners listeners, Application application) throws IOException {
        RouteTable table = table(application);
        InetSocketAddress wanted = listeners.tcp();
        InetSocketAddress tcp = wanted == null || listeners.beside() ? wanted : free(wanted);
        SocketFile socket = SocketFile.prepare(listeners.socket(), listeners.beside());
        WebServer server = null;
        try {
            AdminIdempotency once = new AdminIdempotency(application.replays(), application.clock());
            server = server(table, once, application.remote(), socket, tcp, listeners)
                    .start();
            if (!server.isRunning()) { // the server logs why and does not throw
                throw new IOException("the admin server did not start; the log says why");
            }
            socket.publish(listeners.socketGroup());
            return new AdminServer(server, socket, bound(server, tcp));
        } catch (IOException | RuntimeException e) {
            if (server != null) {
                server.stop();
            }
            socket.remove();
            throw e;
        }
    }

    /** All operations, as data. */
    static RouteTable table(Application a) {
        Shapes shapes = new Shapes(a.faults(), a.states(), a.clock());
        List<AdminRoute> routes = new ArrayList<>();
        routes.addAll(new StatusResource(a.status(), a.health(), a.metrics()).routes());
        routes.addAll(new TenantsResource(a.executor(), a.queries(), shapes).routes());
        routes.addAll(new UsersResource(a.executor(), a.queries(), shapes).routes());
        routes.addAll(new KeysResource(a.executor(), a.queries(), shapes).routes());
        routes.addAll(new ProvidersResource(a.executor(), a.queries(), a.tester(), shapes).routes());
        routes.addAll(new RoutesResource(a.executor(), a.queries(), shapes).routes());
        routes.addAll(new PricesResource(a.executor(), a.prices(), shapes, a.clock()).routes());
        routes.addAll(new LimitsResource(a.executor(), a.queries(), shapes).routes());
        routes.addAll(new UsageResource(a.queries(), a.flushLedger(), a.clock()).routes());
        routes.addAll(new LedgerResource(a.queries(), a.flushLedger()).routes());
        routes.addAll(new AuditResource(a.audit(), a.requests(), a.flushLedger(), a.flushBodies(), a.clock()).routes());
        routes.addAll(new RequestsResource(a.requests(), a.flushLedger(), a.flushBodies(), a.clock()).routes());
        routes.addAll(new ProofResource(a.proofs(), a.status()).routes());
        routes.addAll(new OperationsResource(a.operations()).routes());
        routes.addAll(new TlsResource(a.operations().certificates()).routes());
        routes.addAll(new BackupResource(a.operations().backups()).routes());
        routes.addAll(new ProcessResource(a.operations().process()).routes());
        routes.addAll(new ExplainResource(a.queries(), a.flushLedger(), a.dryRun()).routes());
        routes.addAll(new DeclarationResource(a.executor(), a.queries(), shapes, a.clock()).routes());
        return new RouteTable(routes);
    }

    public Path socket() {
        return socket.target();
    }

    /** Where health and metrics answer; null: nowhere. */
    public @Nullable InetSocketAddress tcp() {
        return tcp;
    }

    /** Before a successor puts its own socket in the place of this one. */
    public void keepSocket() {
        try {
            socket.keep();
        } catch (IOException | UnsupportedOperationException e) {
            LOG.log(
                    Level.WARNING,
                    "the admin socket cannot be kept under a second name; where the successor fails it will be gone: "
                            + socket.target(),
                    e);
        }
    }

    /** The successor failed: the socket is this one's again. */
    public void takeSocketBack() {
        try {
            socket.takeBack();
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "the admin socket is not back in its place: " + socket.target() + "; restart the service",
                    e);
        }
    }

    /** Lets running requests end, then takes the socket's file away. Idempotent. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        server.stop();
        try {
            socket.remove();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "the file of the admin socket could not be removed: " + socket.target(), e);
        }
    }

    private static WebServer server(
            RouteTable table,
            AdminIdempotency once,
            Remote remote,
            SocketFile socket,
            @Nullable InetSocketAddress tcp,
            Listeners listeners) {
        Duration grace = listeners.grace();
        WebServerConfig.Builder builder = WebServer.builder()
                .bindAddress(UnixDomainSocketAddress.of(socket.bindTo()))
                .shutdownHook(false)
                .shutdownGracePeriod(grace)
                .maxPayloadSize(AdminHandler.LARGEST_BODY)
                .protocolsDiscoverServices(false)
                .addConnectionSelector(new LocalPeerSelector(http1()))
                .directHandlers(problems(false))
                .routing(routing(AdminHandler.ofSocket(table, once)));
        if (tcp != null) {
            UnaryOperator<ServerConnectionSelector> tls = listeners.tls();
            builder.putSocket(
                    TCP,
                    ListenerConfig.builder()
                            .name(TCP)
                            .host(tcp.getHostString())
                            .port(tcp.getPort())
                            .shutdownGracePeriod(grace)
                            .maxPayloadSize(AdminHandler.LARGEST_BODY)
                            .protocolsDiscoverServices(false)
                            .addConnectionSelector(tls == null ? http1() : tls.apply(http1()))
                            .putListenerSocketOption(StandardSocketOptions.SO_REUSEPORT, true)
                            .directHandlers(problems(tls != null))
                            .routing(routing(
                                    new AdminHandler(table, once, false, tls != null, new BearerCallers(remote))))
                            .build());
        }
        return builder.build();
    }

    static Http1ConnectionSelector http1() {
        return Http1ConnectionSelector.builder().config(Http1Config.create()).build();
    }

    static HttpRouting.Builder routing(AdminHandler handler) {
        return HttpRouting.builder()
                .addFilter((chain, request, response) -> {
                    // the server answers "Connection: close" without closing
                    if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
                        response.whenSent(() -> {
                            throw new CloseConnectionException("the client asked for it");
                        });
                    }
                    chain.proceed();
                })
                .any(handler);
    }

    /** What the server refuses before any handler sees it. */
    private static DirectHandlers problems(boolean secure) {
        DirectHandlers.Builder builder = DirectHandlers.builder();
        for (EventType type : EventType.values()) {
            builder.addHandler(type, (request, event, status, headers, message) -> problem(status, headers, secure));
        }
        return builder.build();
    }

    private static TransportResponse problem(Status status, ServerResponseHeaders headers, boolean secure) {
        boolean ours = status.code() >= 500;
        Answer answer = status.code() == 413
                ? AdminHandler.tooLarge(AdminHandler.LARGEST_BODY).answer()
                : Problem.answer(
                        status.code(),
                        ours ? "internal" : "invalid",
                        ours ? "the server failed" : "the request is not valid HTTP");
        SafeHeaders.add(headers::add, secure);
        return TransportResponse.builder()
                .status(Status.create(answer.status()))
                .headers(headers)
                .header(HeaderNames.CONTENT_TYPE, answer.contentType())
                .entity(answer.body())
                .keepAlive(false)
                .build();
    }

    /** The server does not say why a port could not be had; trying it first does. */
    private static InetSocketAddress free(InetSocketAddress address) throws IOException {
        InetSocketAddress resolved = new InetSocketAddress(address.getHostString(), address.getPort());
        if (resolved.isUnresolved()) {
            throw new IOException("admin.listen: there is no host `" + address.getHostString() + "`");
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(resolved);
            return resolved;
        } catch (BindException e) {
            String where = address.getHostString() + ":" + address.getPort();
            if (String.valueOf(e.getMessage()).contains("in use")) {
                throw new AddressTakenException(
                        "admin.listen: " + where + " is taken by another process; choose another with --admin-listen");
            }
            throw new IOException("admin.listen: " + where + " cannot be had: " + e.getMessage(), e);
        }
    }

    private static @Nullable InetSocketAddress bound(WebServer server, @Nullable InetSocketAddress tcp) {
        return tcp == null ? null : new InetSocketAddress(tcp.getAddress(), server.port(TCP));
    }
}
