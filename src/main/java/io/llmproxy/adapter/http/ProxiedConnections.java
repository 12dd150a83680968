package io.llmproxy.adapter.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The connections of a listener to which trusted proxies come with a PROXY header. One of theirs without it, or with one that is
 * malformed or slow, is closed; one of anybody else is what it is without this, and its header, if it sends one, a request
 * that is malformed.
 */
final class ProxiedConnections extends LayeredConnections {
    private static final System.Logger LOG = System.getLogger(ProxiedConnections.class.getName());

    private final ServerConnectionSelector above;
    private final ClientAddress addresses;
    private final Supplier<Duration> patience;
    private final Set<Connection> beginning = ConcurrentHashMap.newKeySet();

    /**
     * @param addresses knows the trusted proxies
     * @param patience how long the header may take
     */
    ProxiedConnections(ServerConnectionSelector above, ClientAddress addresses, Supplier<Duration> patience) {
        super("proxied-sweeper", "connections of proxies whose PROXY header takes too long are not ended; tried again");
        this.above = above;
        this.addresses = addresses;
        this.patience = patience;
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return above.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        return addresses.trusts(context.remotePeer()) ? new Connection(context) : above.connection(context);
    }

    /** Ends those whose header has not come yet; the others are known above. */
    void cut() {
        beginning.forEach(LayeredConnection::cut);
    }

    @Override
    void sweep(long now) {
        for (Connection connection : beginning) {
            Duration atMost = patience.get();
            if (connection.stall().longerThan(atMost, now)) {
                connection.refuse("its PROXY header did not come within " + atMost.toMillis() + " ms");
            }
        }
    }

    private final class Connection extends LayeredConnection {
        Connection(ConnectionContext context) {
            super(context);
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            stall().begin();
            beginning.add(this);
            ConnectionContext proxied;
            try {
                InetSocketAddress source =
                        ProxyHeader.read(context().dataReader(), context().remotePeer());
                proxied = source == null ? context() : new ProxiedContext(context(), source);
            } catch (ProxyHeader.MalformedException e) {
                refuse(String.valueOf(e.getMessage()));
                return;
            } catch (DataReader.InsufficientDataAvailableException e) {
                return; // a probe for the port, or the sweeper was here
            } finally {
                beginning.remove(this);
            }
            serve(above.connection(proxied), limit);
        }

        /** At most once: who is closed is read no further, and swept no more. */
        void refuse(String why) {
            if (beginning.remove(this)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "event 6846: a connection of the trusted proxy "
                                + context().remotePeer().host() + " was closed: " + why);
                cut();
            }
        }
    }
}
