package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.runtime.Periodic;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The living connections of one listener that speak HTTP/1.1. Sweeps over them ten times a second: for requests whose client is
 * to be watched, for clients that send or read too slowly, for connections that lie idle too long, and, while the listener
 * stops, for idle ones altogether.
 */
final class Connections implements ServerConnectionSelector, AutoCloseable {
    static final Duration SWEEP_EVERY = Duration.ofMillis(100);

    private final Set<Http1Connection> live = ConcurrentHashMap.newKeySet();
    private final Serving serving;
    private volatile ClientPatience patience;
    private final long maxPayload;
    private final Drain drain;
    private final Periodic sweeper = new Periodic(
            Thread.ofPlatform().daemon().name("client-sweeper"),
            SWEEP_EVERY,
            () -> sweep(System.nanoTime()),
            "idle and stalled connections of clients are not ended; tried again");
    // requests that were being served at the last sweep
    private volatile int busy;

    /** @param maxPayload bytes of a body beyond which a request is refused unread */
    Connections(Serving serving, ClientPatience patience, long maxPayload, Drain drain) {
        this.serving = serving;
        this.patience = patience;
        this.maxPayload = maxPayload;
        this.drain = drain;
    }

    void start() {
        sweeper.start();
    }

    /** Another patience, which holds for connections that are open too. */
    void patience(ClientPatience now) {
        patience = now;
    }

    /** How long a client may take, as of now. */
    ClientPatience patience() {
        return patience;
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
        return Set.of("http/1.1", "http/1.0");
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        return connection(context, plainBytes(context));
    }

    /** @param source waits for the connection's next bytes; null: the client has ended its side */
    Http1Connection connection(ConnectionContext context, Supplier<byte @Nullable []> source) {
        return new Http1Connection(this, context, source, () -> busy);
    }

    /** Past the server's own reader, which would copy them; but for what it has read already. */
    private static Supplier<byte @Nullable []> plainBytes(ConnectionContext context) {
        DataReader first = context.dataReader();
        return () -> {
            int held = first.available();
            return held > 0 ? first.readBytes(held) : context.serverSocket().get();
        };
    }

    Serving serving() {
        return serving;
    }

    Drain drain() {
        return drain;
    }

    /** Why a head is refused whose request cannot be served, nor its connection be used again; null: it is fine. */
    @Nullable
    ProxyError refusal(Http1Head head) {
        if (HeadRules.unknownCoding(head.fields())) {
            return new ProxyError.UnreadableHead(501, HeadRules.ONLY_CHUNKED);
        }
        String fault = HeadRules.framingRefusal(head.fields(), head.http10());
        if (fault != null) {
            return new ProxyError.InvalidRequest(fault, null);
        }
        long declared = Long.parseLong(head.fields().first("Content-Length").orElse("0"));
        return declared > maxPayload ? new ProxyError.TooLarge(maxPayload) : null;
    }

    /** Connections that are open. */
    int count() {
        return live.size();
    }

    void begun(Http1Connection connection) {
        live.add(connection);
    }

    void ended(Http1Connection connection) {
        live.remove(connection);
    }

    /** Ends all at once, whatever they are at. */
    void cut() {
        live.forEach(Http1Connection::cut);
    }

    private void sweep(long now) {
        int serving = 0;
        for (Http1Connection connection : live) {
            serving += connection.busy() ? 1 : 0;
            connection.sweep(patience, now);
        }
        busy = serving;
    }
}
