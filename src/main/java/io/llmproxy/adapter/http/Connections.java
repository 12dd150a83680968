package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.llmproxy.domain.error.ProxyError;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The living connections of one listener. Gives each to Helidon's HTTP/1.1 with a {@link WatchedContext}, and sweeps over
 * them ten times a second: for requests whose client is to be watched, for clients that send or read too slowly, for
 * connections that lie idle too long, and, while the listener stops, for idle ones altogether.
 */
final class Connections implements ServerConnectionSelector, AutoCloseable {
    private static final Duration WATCH_AFTER = Duration.ofMillis(200);

    private final Set<Connection> live = ConcurrentHashMap.newKeySet();
    private final ServerConnectionSelector http1;
    private final Router router;
    private final ClientPatience patience;
    private final Refuser refuser;
    private final Drain drain;
    private final Sweeper sweeper = new Sweeper("client-sweeper", this::sweep);
    // at the last sweep
    private volatile int serving;

    Connections(Http1Config config, Router router, ClientPatience patience, Refuser refuser, Drain drain) {
        this.router = router;
        this.patience = patience;
        this.refuser = refuser;
        this.drain = drain;
        this.http1 = Http1ConnectionSelector.builder().config(config).build();
    }

    void start() {
        sweeper.start();
    }

    @Override
    public void close() {
        sweeper.close();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return 0;
    }

    /** Everything: what is no HTTP/1.1 gets an answer that says so, instead of a silent end. */
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
        WatchedContext watched = new WatchedContext(context, router, () -> serving);
        return new Connection(http1.connection(watched), watched);
    }

    private void sweep(long now) {
        int busy = 0;
        for (Connection connection : live) {
            busy += connection.context.clock().serving() ? 1 : 0;
            sweep(connection, now);
        }
        serving = busy;
    }

    private void sweep(Connection connection, long now) {
        WatchedContext context = connection.context;
        context.watch().sweep(now, WATCH_AFTER);
        boolean stalled = context.writer().stalled(patience.idle(), now)
                || context.bodyPace().giveUp(patience, now)
                || context.lingering().over(now);
        if (stalled || idleTooLong(context.clock(), now) || drain.ends(context.clock(), now)) {
            cut(context);
        } else if (context.clock().expire(RequestClock.HEAD, patience.head(), now)) {
            // on a thread of its own, since the write may block
            Thread.ofVirtual().name("slow-head").start(() -> giveUpHead(context));
        }
    }

    private boolean idleTooLong(RequestClock clock, long now) {
        return clock.expire(RequestClock.FRESH, patience.head(), now)
                || clock.expire(RequestClock.IDLE, patience.keepAlive(), now);
    }

    /** Nobody else writes: the connection's thread waits for the rest of the head, and will serve nothing any more. */
    private void giveUpHead(WatchedContext connection) {
        ProxyError slow = new ProxyError.TooSlow("The request's head did not come within " + patience.head() + ".");
        refuser.refuse(connection.writer(), Dialect.OPENAI, false, slow);
        cut(connection);
    }

    private static void cut(WatchedContext connection) {
        try {
            connection.serverSocket().close();
        } catch (UncheckedIOException e) {
            // it has ended by itself meanwhile
        }
    }

    /**
     * Keeps Helidon from ending idle connections at once when it stops, as it would by an interrupt whenever a connection waits
     * for a request or is amid its head: {@link Drain} does it more gently.
     */
    private final class Connection implements ServerConnection {
        private final ServerConnection plain;
        private final WatchedContext context;

        Connection(ServerConnection plain, WatchedContext context) {
            this.plain = plain;
            this.context = context;
        }

        @Override
        public void handle(Limit limit) throws InterruptedException {
            live.add(this);
            try {
                plain.handle(limit);
                // it returns after its own answer to what it could not parse
                context.linger();
            } finally {
                live.remove(this);
                context.watch().connectionEnded();
            }
        }

        @Override
        public Duration idleTime() {
            return plain.idleTime();
        }

        @Override
        public void close(boolean interrupt) {
            if (interrupt) {
                plain.close(true);
            } else {
                drain.portClosing(); // Helidon calls this right after it closed the port
            }
        }
    }
}
