package io.llmproxy.adapter.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.IntSupplier;

/**
 * A connection whose bytes pass through a {@link ClientWatch} and a {@link HeadReader} on the way in and a {@link TimedWriter} on
 * the way out.
 */
final class WatchedContext implements ConnectionContext {
    private final ConnectionContext plain;
    private final Router router;
    private final ClientWatch watch;
    private final TimedWriter writer;
    private final RequestClock clock = new RequestClock();
    private final BodyPace bodyPace = new BodyPace();
    private final Lingering lingering = new Lingering();
    private final ClientBytes bytes;
    private final HeadReader reader;

    WatchedContext(ConnectionContext plain, Router router, IntSupplier serving) {
        this.plain = plain;
        this.router = router;
        this.watch = new ClientWatch(plain.dataReader(), serving);
        this.writer = new TimedWriter(plain.dataWriter());
        this.bytes = new ClientBytes(watch, clock);
        this.reader = new HeadReader(bytes);
    }

    ClientWatch watch() {
        return watch;
    }

    TimedWriter writer() {
        return writer;
    }

    RequestClock clock() {
        return clock;
    }

    BodyPace bodyPace() {
        return bodyPace;
    }

    Lingering lingering() {
        return lingering;
    }

    HeadReader reader() {
        return reader;
    }

    /** The answer is out, and the connection's next bytes are the next request. */
    void expectRequest() {
        int already = reader.available();
        reader.expectRequest();
        bytes.expectHead(already);
        clock.answered(already > 0);
    }

    /** Discards what still comes, of which nobody knows where it ends. */
    void linger() {
        lingering.through(watch);
    }

    @Override
    public DataReader dataReader() {
        return reader;
    }

    @Override
    public DataWriter dataWriter() {
        return writer;
    }

    @Override
    public ListenerContext listenerContext() {
        return plain.listenerContext();
    }

    @Override
    public ExecutorService executor() {
        return plain.executor();
    }

    @Override
    public Router router() {
        return router;
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
        return plain.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
        return plain.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
        return plain.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
        return plain.localPeer();
    }

    @Override
    public boolean isSecure() {
        return plain.isSecure();
    }

    @Override
    public String socketId() {
        return plain.socketId();
    }

    @Override
    public String childSocketId() {
        return plain.childSocketId();
    }
}
