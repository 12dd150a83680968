package io.llmproxy.adapter.http;

import io.helidon.webserver.CloseConnectionException;
import io.llmproxy.domain.Carrier;
import io.llmproxy.gateway.ClientRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Notices that an HTTP/1.1 client has gone while its request is being served, without losing a byte that it sent ahead.
 *
 * <p>A blocking server reads a connection only between requests, so it would learn of a closed connection by its own failing
 * write, minutes later if the provider is silent. This stands between the socket and the parser: while a request is
 * watched and has run for some time, a virtual thread performs the connection's next blocking read. It ends in one of three
 * ways. End of stream or a reset: the client has gone. Bytes, the client's next request: they are kept, and handed to the
 * parser at its next pulls, and the next read follows, while less than {@value #MOST_AHEAD} bytes of a few reads are kept: so memory is bounded. The parser pulls while a read is
 * still going on and nothing is kept: it waits for that read's result.
 *
 * <p>A client that closes only its sending side counts as gone, as with nginx. A client that has sent more than is kept is
 * not watched any further. A network that dies silently is not seen here but by the write timeout.
 */
final class ClientWatch implements Supplier<byte @Nullable []> {
    private static final int MOST_AHEAD = 8192;
    /** Each byte may come by itself. */
    private static final int MOST_READS = 16;

    private final Supplier<byte @Nullable []> socket;
    private final IntSupplier serving;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition readEnded = lock.newCondition();
    // these are guarded by the lock
    private boolean reading;
    private boolean ended;
    private final Queue<byte[]> ahead = new ArrayDeque<>(1);
    private int aheadBytes;
    private @Nullable RuntimeException failure;
    private @Nullable Runnable onGone;
    // set by the connection's thread, read by the sweeper
    private volatile boolean gone;
    private volatile long since;

    /**
     * @param socket waits for the next bytes; null: the client has ended its side
     * @param serving how many requests are being served on all connections, more or less
     */
    ClientWatch(Supplier<byte @Nullable []> socket, IntSupplier serving) {
        this.socket = socket;
        this.serving = serving;
    }

    boolean gone() {
        return gone;
    }

    /** Calls {@code callback} at most once, on another thread or, where the client is known to have gone, on this one. */
    ClientRequest.Watch watch(Runnable callback) {
        since = System.nanoTime();
        lock.lock();
        try {
            onGone = callback;
        } finally {
            lock.unlock();
        }
        if (gone) {
            fire();
        }
        return this::unwatch;
    }

    /** Starts to read ahead where the watched request has run for {@code grace}; short ones are not worth a thread. */
    void sweep(long nowNanos, Duration grace) {
        lock.lock();
        try {
            boolean idle = !reading && !ended && roomAhead() && failure == null;
            if (onGone == null || !idle || nowNanos - since < grace.toNanos()) {
                return;
            }
            reading = true;
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().name("client-watch").start(this::readAhead);
    }

    /** The connection is over, whoever ended it. */
    void connectionEnded() {
        gone = true;
        fire();
    }

    /** The next bytes for the parser, or null at the end of the stream; blocks. */
    @Override
    public byte @Nullable [] get() {
        lock.lock();
        try {
            while (reading && ahead.isEmpty()) {
                readEnded.await();
            }
            byte[] kept = ahead.poll();
            aheadBytes -= kept == null ? 0 : kept.length;
            if (kept != null || ended) {
                return kept;
            }
            if (failure != null) {
                throw failure;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("The connection was closed while it waited for a request.", e);
        } finally {
            lock.unlock();
        }
        return read();
    }

    private void readAhead() {
        boolean more = true;
        while (more) {
            byte[] bytes = null;
            RuntimeException thrown = null;
            try {
                bytes = read();
            } catch (RuntimeException e) {
                thrown = e;
            }
            more = readEnded(bytes, thrown);
            if (bytes == null) {
                gone = true;
                fire();
            }
        }
    }

    /** Whether the next read is to follow. */
    private boolean readEnded(byte @Nullable [] bytes, @Nullable RuntimeException thrown) {
        lock.lock();
        try {
            if (bytes != null) {
                ahead.add(bytes);
                aheadBytes += bytes.length;
            }
            failure = thrown;
            ended = bytes == null && thrown == null;
            reading = bytes != null && onGone != null && roomAhead();
            readEnded.signalAll();
            return reading;
        } finally {
            lock.unlock();
        }
    }

    private boolean roomAhead() {
        return aheadBytes < MOST_AHEAD && ahead.size() < MOST_READS;
    }

    private byte @Nullable [] read() {
        Carrier.yieldToOthers(serving.getAsInt());
        return socket.get();
    }

    private void unwatch() {
        lock.lock();
        try {
            onGone = null;
        } finally {
            lock.unlock();
        }
    }

    private void fire() {
        Runnable callback;
        lock.lock();
        try {
            callback = onGone;
            onGone = null;
        } finally {
            lock.unlock();
        }
        if (callback != null) {
            callback.run();
        }
    }
}
