package io.llmproxy.adapter.http.tls;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.webserver.CloseConnectionException;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
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
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final SSLEngine engine;
    private final DataReader encryptedIn;
    private final DataWriter encryptedOut;
    private final ReentrantLock writing = new ReentrantLock();
    // of the reading thread; in: from position to limit; plain: from 0 to position
    private ByteBuffer in;
    private ByteBuffer plain;
    // guarded by the lock
    private ByteBuffer out;
    private ByteBuffer source;

    /** @param protocols for ALPN, the preferred one first */
    public TlsStream(SSLEngine engine, List<String> protocols, DataReader encryptedIn, DataWriter encryptedOut) {
        this.engine = engine;
        this.encryptedIn = encryptedIn;
        this.encryptedOut = encryptedOut;
        // each grows when it is first needed: who only opens connections, or sends a first byte, is to cost little
        in = ByteBuffer.allocate(0);
        plain = ByteBuffer.allocate(0);
        out = ByteBuffer.allocate(0);
        source = ByteBuffer.allocate(0);
        // null: what the client asks for is not spoken here, and RFC 7301 has an alert for that
        engine.setHandshakeApplicationProtocolSelector((e, asked) ->
                protocols.stream().filter(asked::contains).findFirst().orElse(null));
    }

    /** Does the handshake; blocks. */
    public void handshake() {
        try {
            engine.beginHandshake();
            settle();
        } catch (SSLException e) {
            alert();
            throw broken(e);
        }
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
        try {
            plain.clear();
            while (plain.position() == 0) {
                if (!unwrap()) {
                    return null;
                }
                afterRecord();
            }
        } catch (SSLException e) {
            alert();
            throw broken(e);
        }
        byte[] bytes = new byte[plain.position()];
        plain.flip().get(bytes);
        return bytes;
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
        try {
            if (source.capacity() == 0) {
                source = ByteBuffer.allocate(engine.getSession().getApplicationBufferSize());
            }
            while (!data.consumed()) {
                source.clear();
                data.writeTo(source, Math.min(source.remaining(), data.available()));
                source.flip();
                while (source.hasRemaining()) {
                    wrap(source);
                }
            }
        } catch (SSLException e) {
            throw broken(e);
        } finally {
            writing.unlock();
        }
    }

    /** Tells the client that nothing more comes, unless a write is stuck. */
    public void end() {
        if (!writing.tryLock()) {
            return;
        }
        try {
            engine.closeOutbound();
            while (!engine.isOutboundDone()) {
                wrap(NOTHING);
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
            SSLEngineResult result = engine.unwrap(in, plain);
            switch (result.getStatus()) {
                case OK -> {
                    return true;
                }
                case CLOSED -> {
                    return false;
                }
                case BUFFER_OVERFLOW ->
                    plain = larger(plain, engine.getSession().getApplicationBufferSize());
                case BUFFER_UNDERFLOW -> {
                    if (!fill()) {
                        return false;
                    }
                }
            }
        }
    }

    private boolean fill() {
        byte[] bytes = next(encryptedIn);
        if (bytes == null) {
            return false;
        }
        in.compact();
        if (in.remaining() < bytes.length) {
            in = larger(in, bytes.length);
        }
        in.put(bytes).flip();
        return true;
    }

    private void wrapNothing() throws SSLException {
        writing.lock();
        try {
            wrap(NOTHING);
        } finally {
            writing.unlock();
        }
    }

    private void wrap(ByteBuffer data) throws SSLException {
        out.clear();
        SSLEngineResult result = engine.wrap(data, out);
        while (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
            out = larger(out, engine.getSession().getPacketBufferSize());
            result = engine.wrap(data, out);
        }
        switch (result.getStatus()) {
            case CLOSED -> {
                send();
                if (data.hasRemaining()) {
                    throw new SSLException("The connection is closed for writing.");
                }
            }
            case OK, BUFFER_UNDERFLOW, BUFFER_OVERFLOW -> send();
        }
    }

    private void send() {
        if (out.position() > 0) {
            encryptedOut.writeNow(BufferData.create(out.array(), 0, out.position()));
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

    private static ByteBuffer larger(ByteBuffer buffer, int more) {
        return ByteBuffer.allocate(buffer.capacity() + more).put(buffer.flip());
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
