package io.llmproxy;

import io.llmproxy.adapter.admin.AdminServer;
import io.llmproxy.adapter.http.GatewayServer;
import io.llmproxy.adapter.http.SharedPort;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ApplianceConfig.Listen;
import io.llmproxy.gateway.Gateway;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where this process listens, beside its predecessor where there is one. Each listener is opened once; thread-safe after that. */
final class ApplianceListeners implements Succession.Listeners {
    private final Appliance.Setup setup;
    private final @Nullable Predecessor predecessor;
    private final TlsListeners tls;
    private final List<InetSocketAddress> own = new CopyOnWriteArrayList<>();
    private volatile @Nullable GatewayServer gateway;
    private volatile @Nullable AdminServer admin;
    /** Of administration over TCP; null: it is not open, or has none. */
    private volatile @Nullable SharedPort adminPort;

    ApplianceListeners(Appliance.Setup setup, @Nullable Predecessor predecessor, TlsListeners tls) {
        this.setup = setup;
        this.predecessor = predecessor;
        this.tls = tls;
    }

    /** It listens when it returns, for longer than the grace by a moment, in which requests that are cut can be told so. */
    GatewayServer openGateway(Gateway requests) throws IOException {
        ApplianceConfig config = setup.config();
        Listen listen = beside(config.gateway().listen(), predecessor == null ? 0 : predecessor.gatewayPort());
        GatewayServer server = new GatewayServer(
                new GatewayServer.Settings(
                        listen.host(),
                        listen.port(),
                        config.gateway().trustedProxies(),
                        Math.max(config.gateway().maxBody(), config.gateway().maxUpload()),
                        config.shutdown().grace().plus(Departure.CUTTING),
                        PartSettings.patience(config.gateway().clients()),
                        config.gateway().proxyProtocol()),
                tls.gateway(),
                setup.clock(),
                requests::serve,
                requests::refused);
        if (predecessor == null || predecessor.gatewayPort() != listen.port()) {
            server.start();
        } else {
            server.startBeside();
        }
        gateway = server;
        own.add(new InetSocketAddress(config.gateway().listen().host(), server.port()));
        return server;
    }

    /** It listens when it returns, until what is returned is closed. */
    AutoCloseable openAdmin(AdminServer.Application application) throws IOException {
        ApplianceConfig config = setup.config();
        AdminServer server = AdminServer.start(
                new AdminServer.Listeners(
                        setup.places().socket(),
                        config.admin().socketGroup(),
                        address(beside(config.admin().listen(), predecessor == null ? 0 : predecessor.adminPort())),
                        tls.admin(),
                        Duration.ofSeconds(2),
                        predecessor != null),
                application);
        admin = server;
        InetSocketAddress tcp = server.tcp();
        if (tcp != null) {
            own.add(tcp);
            SharedPort port = new SharedPort(tcp.getPort());
            if (predecessor != null && predecessor.adminPort() == tcp.getPort()) {
                port.beside();
            }
            adminPort = port;
        }
        return () -> {
            onAdminPort(SharedPort::giveBack);
            server.close();
        };
    }

    private void onAdminPort(Consumer<SharedPort> what) {
        SharedPort port = adminPort;
        if (port != null) {
            what.accept(port);
        }
    }

    /** New connections come to this process from now on, where another had them. */
    void takeOver() {
        onAdminPort(SharedPort::takeOver);
        gateway().takeOver();
    }

    /** What was taken over is kept. */
    void settled() {
        onAdminPort(SharedPort::settled);
        gateway().settled();
    }

    /** Administration is the successor's, but for what still comes to this process. */
    void leaveAdmin() {
        SharedPort.acceptWhatComes();
        admin().close();
    }

    /** Where any port will do, the predecessor's. */
    private static Listen beside(Listen configured, int port) {
        return configured.port() == 0 ? new Listen(configured.host(), port) : configured;
    }

    private static InetSocketAddress address(Listen listen) {
        return new InetSocketAddress(listen.host(), listen.port());
    }

    /** The addresses of those that are open, which no upstream may have. */
    List<InetSocketAddress> own() {
        return own;
    }

    /** The gateway's as this process asks it itself. */
    OwnListener ownGateway() {
        ApplianceConfig.GatewayConfig config = setup.config().gateway();
        return new OwnListener(config.listen().host(), gateway().port(), config.proxyProtocol());
    }

    /** @throws NullPointerException before it was opened */
    GatewayServer gateway() {
        return Objects.requireNonNull(gateway, "the gateway's listener is not open yet");
    }

    /** @throws NullPointerException before it was opened */
    AdminServer admin() {
        return Objects.requireNonNull(admin, "the listener of administration is not open yet");
    }

    String gatewayUrl() {
        return gateway().scheme() + "://" + gateway().address();
    }

    /** Null: administration listens on its socket alone. */
    @Nullable
    String adminUrl() {
        InetSocketAddress address = admin().tcp();
        return address == null ? null : url(setup.config().admin().tls() == null ? "http" : "https", address);
    }

    private static String url(String scheme, InetSocketAddress address) {
        return scheme + "://" + new Listen(address.getHostString(), address.getPort());
    }

    Path socket() {
        return admin().socket();
    }

    @Override
    public Predecessor here() {
        InetSocketAddress tcp = admin().tcp();
        return new Predecessor(ProcessHandle.current().pid(), gateway().port(), tcp == null ? 0 : tcp.getPort());
    }

    @Override
    public void awaitAlone() throws InterruptedException {
        gateway().awaitAlone();
        SharedPort port = adminPort;
        if (port != null) {
            port.awaitAlone();
        }
    }

    @Override
    public void share() {
        admin().keepSocket();
    }

    @Override
    public void takeBack() {
        admin().takeSocketBack();
    }

    @Override
    public boolean followed() {
        return answered(socket());
    }

    /** Whether a process listens there; the file alone stays behind one that was killed. */
    static boolean answered(Path socket) {
        try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
