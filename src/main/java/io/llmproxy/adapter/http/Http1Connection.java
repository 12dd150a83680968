package io.llmproxy.adapter.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.PeerInfo;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.ClientCertificate;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/1.1 or 1.0: reads one request after the other, refuses what is malformed, hands the rest to the gateway,
 * and decides whether it lives on. Its thread reads and writes; {@link Connections} sweeps over it from another.
 */
final class Http1Connection implements ServerConnection {
    private static final Duration WATCH_AFTER = Duration.ofMillis(200);
    private static final byte[] CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final Connections connections;
    private final ConnectionContext context;
    private final PeerInfo peer;
    private final @Nullable ClientCertificate certificate;
    private final ClientWatch watch;
    private final TimedWriter writer;
    private final RequestClock clock = new RequestClock();
    private final BodyPace bodyPace = new BodyPace();
    private final Lingering lingering = new Lingering();
    private final ClientBytes bytes;
    private final HeadReader reader;
    private volatile @Nullable Thread thread;
    private volatile boolean stopping;
    /** Of the request at hand, in HTTP/1.0. */
    private volatile @Nullable AbruptEnd abrupt;

    /** @param source waits for the connection's next bytes; null: the client has ended its side */
    Http1Connection(
            Connections connections,
            ConnectionContext context,
            Supplier<byte @Nullable []> source,
            IntSupplier serving) {
        this.connections = connections;
        this.context = context;
        this.peer = context.remotePeer();
        this.certificate = context instanceof SecureContext secure ? secure.client() : null;
        this.watch = new ClientWatch(source, serving);
        this.writer = new TimedWriter(context.dataWriter());
        this.bytes = new ClientBytes(watch);
        this.reader = new HeadReader(bytes, clock);
    }

    @Override
    public void handle(Limit limit) {
        thread = Thread.currentThread();
        connections.begun(this);
        try {
            boolean more = true;
            while (more && !stopping) {
                more = serveNext();
            }
        } finally {
            thread = null;
            connections.ended(this);
            watch.connectionEnded();
        }
    }

    /** False: the connection ends. */
    private boolean serveNext() {
        Http1Head head;
        try {
            head = reader.read();
        } catch (HeadFault fault) {
            refuse(fault.error());
            return false;
        } catch (RuntimeException e) {
            return false; // the connection was lost: there is nobody to answer
        }
        if (head == null || !clock.serve()) {
            return false;
        }
        connections.drain().arrived();
        ProxyError fault = connections.refusal(head);
        if (fault != null) {
            refuse(fault);
            return false;
        }
        if (!serve(head)) {
            return false;
        }
        clock.answered(bytes.available() > 0);
        return true;
    }

    /** Answers what is no request that can be served, and discards what still comes: nobody knows where it ends. */
    private void refuse(ProxyError error) {
        if (!clock.serve()) {
            return; // the sweeper was faster, and answers
        }
        Dialect dialect = Dialect.of(reader.target(), reader.fields());
        Serving serving = connections.serving();
        Refuser.Refused refused =
                new Refuser.Refused(reader.method(), reader.target(), serving.clientAddress(peer, reader.fields()));
        serving.refuser().refuse(writer, dialect, refused, error);
        lingering.through(watch);
    }

    private boolean serve(Http1Head head) {
        Serving serving = connections.serving();
        Http1Request client = new Http1Request(
                head,
                serving.clientAddress(peer, head.fields()),
                ClientAddress.forwarded(peer),
                certificate,
                watch,
                this::openBody);
        RequestBodyStream body = client.bodyStream();
        boolean asked = client.http10() || client.headers().containsToken("Connection", "close");
        AbruptEnd unmarked = client.http10() ? new AbruptEnd(context.serverSocket()) : null;
        abrupt = unmarked;
        Http1Sink sink = new Http1Sink(
                writer,
                serving.refuser().renderer(),
                Dialect.of(client.path(), client.headers()),
                client.method().equals("HEAD"),
                unmarked,
                () -> asked || connections.drain().closing() || client.awaitsContinue() || !reusable(body));
        serving.serve(client, sink);
        if (unmarked != null) {
            unmarked.reset(); // at once: of TLS no orderly end may be said before
        }
        return livesOn(client, sink);
    }

    private RequestBodyStream openBody(long length, boolean asked) {
        return new RequestBodyStream(
                length,
                bytes::available,
                () -> {
                    if (asked) {
                        writer.writeNow(BufferData.create(CONTINUE));
                    }
                    return length < 0 ? new ChunkedBody(bytes) : new FixedBody(bytes, length);
                },
                bodyPace);
    }

    /** Whether the connection's next bytes are the next request. */
    private boolean livesOn(Http1Request client, Http1Sink sink) {
        RequestBodyStream body = client.bodyStream();
        if (!sink.complete()) {
            return false; // the answer was cut off
        }
        if (client.awaitsContinue() && !body.ended()) {
            return false; // the body was not asked for, but may come
        }
        if (body.failed()) {
            lingering.through(watch);
            return false;
        }
        if (!body.drainable() && !body.ended()) {
            lingering.through(body);
            return false;
        }
        return body.drain() && !sink.endsConnection();
    }

    private static boolean reusable(RequestBodyStream body) {
        return body.ended() || body.drainable();
    }

    /** Whether a request is being served. */
    boolean busy() {
        return clock.serving();
    }

    /** By the sweeper: ends what takes too long. */
    void sweep(ClientPatience patience, long now) {
        watch.sweep(now, WATCH_AFTER);
        boolean stalled = writer.stalled(patience.idle(), now) || bodyPace.giveUp(patience, now) || lingering.over(now);
        if (stalled || idleTooLong(patience, now) || connections.drain().ends(clock, now)) {
            cut();
        } else if (clock.expire(RequestClock.HEAD, patience.head(), now)) {
            // on a thread of its own, since the write may block
            Thread.ofVirtual().name("slow-head").start(() -> giveUpHead(patience));
        }
    }

    private boolean idleTooLong(ClientPatience patience, long now) {
        return clock.expire(RequestClock.FRESH, patience.head(), now)
                || clock.expire(RequestClock.IDLE, patience.keepAlive(), now);
    }

    /** Nobody else writes: the connection's thread waits for the rest of the head, and will serve nothing any more. */
    private void giveUpHead(ClientPatience patience) {
        ProxyError slow = new ProxyError.TooSlow("The request's head did not come within " + patience.head() + ".");
        // what was read of the head is the other thread's
        Refuser.Refused refused = Refuser.Refused.unread(ClientAddress.bytes(peer));
        connections.serving().refuser().refuse(writer, Dialect.OPENAI, refused, slow);
        cut();
    }

    void cut() {
        AbruptEnd unmarked = abrupt;
        if (unmarked != null) {
            unmarked.reset();
        }
        try {
            context.serverSocket().close();
        } catch (UncheckedIOException e) {
            // it has ended by itself meanwhile
        }
    }

    /** Nothing: idle connections are ended by the sweeper. */
    @Override
    public Duration idleTime() {
        return Duration.ZERO;
    }

    /**
     * Without {@code interrupt} the connection goes on: the server would end idle ones at once when it stops, which {@link Drain}
     * does more gently.
     */
    @Override
    public void close(boolean interrupt) {
        if (!interrupt) {
            connections.drain().portClosing(); // called right after the port was closed
            return;
        }
        stopping = true;
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
