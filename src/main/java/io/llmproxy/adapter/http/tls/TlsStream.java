package io.llmproxy.adapter.http.tls;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.CloseConnectionException;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of TLS on one connection. Reads on one thread at a time and writes on one, the two beside each other.
 *
 * <p>Helidon's own TLS is not used: it looks up the client's name in DNS, chooses the protocol before the handshake is
 * done, sets no time for it, and cannot close a connection while a write is stuck in it, which is when it must be closed.
 */
public final class TlsStream implements Supplier<byte @Nullable []>, DataWriter {
    /** After which an idle connection holds no buffers: several times what a busy one takes between two records. */
    static final Duration IDLE = Duration.ofSeconds(1);

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final Buffers NONE = new Buffers();
    private static final long NOT_WAITING = Long.MIN_VALUE;

    private final SSLEngine engine;
    private final DataReader encryptedIn;
    private final DataWriter encryptedOut;
    private final ReentrantLock writing = new ReentrantLock();
    private final Resting incoming = new Resting();
    private final Resting outgoing = new Resting();
    /** Of the reading thread. Encrypted: from position to limit; plain: from 0 to position. */
    private Buffers in = NONE;

    private volatile long waitingSince = NOT_WAITING;

    /** @param protocols for ALPN, the preferred one first */
    public TlsStream(SSLEngine engine, List<String> protocols, DataReader encryptedIn, DataWriter encryptedOut) {
        this.engine = engine;
        this.encryptedIn = encryptedIn;
        this.encryptedOut = encryptedOut;
        // null: what the client asks for is not spoken here, and RFC 7301 has an alert for that
        engine.setHandshakeApplicationProtocolSelector((e, asked) ->
                protocols.stream().filter(asked::contains).findFirst().orElse(null));
    }

    /** Does the handshake; blocks. */
    public void handshake() {
        takeIncoming();
        try {
            engine.beginHandshake();
            settle();
        } catch (SSLException e) {
            alert();
            throw broken(e);
        } finally {
            restIncoming();
        }
    }

    /** Since when it waits for the client's next bytes, in nanoseconds; 0: it does not. By any thread. */
    public long waiting(long nowNanos) {
        long since = waitingSince;
        return since == NOT_WAITING ? 0 : nowNanos - since;
    }

    /** By any thread, from time to time: gives up the buffers of a connection on which nothing happens. */
    public void giveUpBuffers(long nowNanos) {
        incoming.giveUp(IDLE, nowNanos);
        outgoing.giveUp(IDLE, nowNanos);
    }

    /** What an idle connection holds in buffers, in bytes. */
    int idleBytes() {
        return incoming.size() + outgoing.size();
    }

    /** The protocol that ALPN chose; empty: the client did not ask. */
    public String protocol() {
        return engine.getApplicationProtocol();
    }

    /** The certificate that the client showed, signed by one of the authorities; null: it showed none. */
    public @Nullable X509Certificate clientCertificate() {
        if (!engine.getWantClientAuth() && !engine.getNeedClientAuth()) {
            return null;
        }
        try {
            Certificate[] shown = engine.getSession().getPeerCertificates();
            return shown.length > 0 && shown[0] instanceof X509Certificate own ? own : null;
        } catch (SSLPeerUnverifiedException e) {
            return null;
        }
    }

    /** The next bytes, or null at the end; blocks. */
    @Override
    public byte @Nullable [] get() {
        takeIncoming();
        try {
            while (in.plain.position() == 0) {
                if (!unwrap()) {
                    return null;
                }
                afterRecord();
            }
            byte[] bytes = new byte[in.plain.position()];
            in.plain.flip().get(bytes);
            in.plain.clear();
            return bytes;
        } catch (SSLException e) {
            alert();
            throw broken(e);
        } finally {
            restIncoming();
        }
    }

    private void takeIncoming() {
        if (in == NONE) {
            in = incoming.take();
        }
    }

    /** But for bytes that have come and were not looked at. */
    private void restIncoming() {
        if (!in.wire.hasRemaining() && in.plain.position() == 0) {
            Buffers done = in;
            in = NONE;
            incoming.rest(done);
        }
    }

    @Override
    public void write(BufferData... buffers) {
        writeNow(BufferData.create(buffers));
    }

    @Override
    public void write(BufferData buffer) {
        writeNow(buffer);
    }

    @Override
    public void writeNow(BufferData... buffers) {
        writeNow(BufferData.create(buffers));
    }

    @Override
    public void writeNow(BufferData data) {
        writing.lock();
        Buffers out = outgoing.take();
        try {
            if (out.plain.capacity() == 0) {
                out.plain = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
            }
            while (!data.consumed()) {
                out.plain.clear();
                data.writeTo(out.plain, Math.min(out.plain.remaining(), data.available()));
                out.plain.flip();
                while (out.plain.hasRemaining()) {
                    wrap(out.plain, out);
                }
            }
        } catch (SSLException e) {
            throw broken(e);
        } finally {
            outgoing.rest(out);
            writing.unlock();
        }
    }

    /** Tells the client that nothing more comes, unless a write is stuck. */
    public void end() {
        if (!writing.tryLock()) {
            return;
        }
        try {
            Buffers out = outgoing.take();
            engine.closeOutbound();
            while (!engine.isOutboundDone()) {
                wrap(NOTHING, out);
            }
        } catch (SSLException | RuntimeException e) {
            // it has gone: there is nobody to tell
        } finally {
            writing.unlock();
        }
    }

    /** What follows a handshake is keys and tickets; a client that wants another handshake only wants our time. */
    private void afterRecord() throws SSLException {
        if (engine.getHandshakeStatus() == HandshakeStatus.NOT_HANDSHAKING) {
            return;
        }
        if (!engine.getSession().getProtocol().equals("TLSv1.3")) {
            throw new SSLException("The client asked for a renegotiation.");
        }
        settle();
    }

    private void settle() throws SSLException {
        while (true) {
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> runTasks();
                case NEED_WRAP -> wrapNothing();
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    if (!unwrap()) {
                        throw new SSLException("The client closed the connection in the handshake.");
                    }
                }
                case FINISHED, NOT_HANDSHAKING -> {
                    return;
                }
            }
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    /** One record; false: the stream has ended. */
    private boolean unwrap() throws SSLException {
        while (true) {
            SSLEngineResult result = engine.unwrap(in.wire, in.plain);
            switch (result.getStatus()) {
                case OK -> {
                    return true;
                }
                case CLOSED -> {
                    return false;
                }
                case BUFFER_OVERFLOW ->
                    in.plain = Buffers.larger(in.plain, engine.getSession().getApplicationBufferSize());
                case BUFFER_UNDERFLOW -> {
                    if (!fill()) {
                        return false;
                    }
                }
            }
        }
    }

    private boolean fill() {
        byte[] bytes = awaited();
        if (bytes == null) {
            return false;
        }
        in.wire.compact();
        if (in.wire.remaining() < bytes.length) {
            in.wire = Buffers.larger(in.wire, bytes.length);
        }
        in.wire.put(bytes).flip();
        return true;
    }

    private byte @Nullable [] awaited() {
        restIncoming();
        waitingSince = System.nanoTime();
        try {
            return next(encryptedIn);
        } finally {
            waitingSince = NOT_WAITING;
            takeIncoming();
        }
    }

    private void wrapNothing() throws SSLException {
        writing.lock();
        Buffers out = outgoing.take();
        try {
            wrap(NOTHING, out);
        } finally {
            outgoing.rest(out);
            writing.unlock();
        }
    }

    private void wrap(ByteBuffer data, Buffers out) throws SSLException {
        out.wire.clear();
        SSLEngineResult result = engine.wrap(data, out.wire);
        while (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
            out.wire = Buffers.larger(out.wire, engine.getSession().getPacketBufferSize());
            result = engine.wrap(data, out.wire);
        }
        switch (result.getStatus()) {
            case CLOSED -> {
                send(out.wire);
                if (data.hasRemaining()) {
                    throw new SSLException("The connection is closed for writing.");
                }
            }
            case OK, BUFFER_UNDERFLOW, BUFFER_OVERFLOW -> send(out.wire);
        }
    }

    private void send(ByteBuffer wire) {
        if (wire.position() > 0) {
            encryptedOut.writeNow(BufferData.create(wire.array(), wire.arrayOffset(), wire.position()));
        }
    }

    /** What the engine has to say about its own failure. */
    private void alert() {
        if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
            try {
                wrapNothing();
            } catch (SSLException | RuntimeException e) {
                // there is nobody to tell
            }
        }
    }

    private static byte @Nullable [] next(DataReader reader) {
        try {
            reader.ensureAvailable();
            return reader.readBytes(reader.available());
        } catch (DataReader.InsufficientDataAvailableException e) {
            return null;
        }
    }

    /** As Helidon's connections end for a reason that is no fault of ours, and in no log. */
    private static CloseConnectionException broken(SSLException e) {
        return new CloseConnectionException("TLS failed.", e);
    }
}
