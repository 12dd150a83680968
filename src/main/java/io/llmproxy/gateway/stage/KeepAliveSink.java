package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.DelegatingSink;
import io.llmproxy.gateway.ResponseSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A sink whose stream can be kept alive by {@link #comment} from another thread. The lock is the relay's while it writes, so a
 * comment goes out only while the relay waits for its provider; it is free of contention but for that. An answer that is no
 * event stream, is coded or has a length goes through without a lock.
 */
final class KeepAliveSink extends DelegatingSink implements AutoCloseable {
    private static final byte[] COMMENT = ": keep-alive\n\n".getBytes(StandardCharsets.US_ASCII);

    private final SilenceWatch watch;
    private final Runnable onLost;
    private final AtomicBoolean commenting = new AtomicBoolean();
    // set by the relay's thread, before the watch knows of this sink
    private @Nullable ReentrantLock lock;
    private volatile long lastWrite;
    // these are guarded by the lock
    private int lastFour = '\n' << 8 | '\n';
    private boolean over;

    /** @param onLost run on another thread where a comment finds that the client has gone */
    KeepAliveSink(ResponseSink client, SilenceWatch watch, Runnable onLost) {
        super(client);
        this.watch = watch;
        this.onLost = onLost;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        client.head(status, headers, contentLength);
        if (status == 200 && contentLength < 0 && lock == null && plainEvents(headers)) {
            lock = new ReentrantLock();
            lastWrite = System.nanoTime();
            watch.add(this);
        }
    }

    private static boolean plainEvents(HeaderFields headers) {
        boolean events = headers.first("content-type")
                .filter(type -> type.strip().toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .isPresent();
        return events
                && headers.all("content-encoding").stream()
                        .allMatch(c -> c.strip().equalsIgnoreCase("identity"));
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        ReentrantLock held = lock;
        if (held == null) {
            client.write(bytes, offset, length);
            return;
        }
        held.lock();
        try {
            client.write(bytes, offset, length);
            remember(bytes, offset, length);
            lastWrite = System.nanoTime();
        } finally {
            held.unlock();
        }
    }

    private void remember(byte[] bytes, int offset, int length) {
        for (int i = Math.max(offset, offset + length - 4); i < offset + length; i++) {
            lastFour = lastFour << 8 | bytes[i] & 255;
        }
    }

    @Override
    public void flush() throws IOException {
        ReentrantLock held = lock;
        if (held == null) {
            client.flush();
            return;
        }
        held.lock();
        try {
            client.flush();
        } finally {
            held.unlock();
        }
    }

    /** How long nothing has been written, in nanoseconds. */
    long silence(long now) {
        return now - lastWrite;
    }

    /** Claims the right to write a comment; who gets it calls {@link #comment}, on a thread that may block. */
    boolean claim() {
        return commenting.compareAndSet(false, true);
    }

    /** Writes a comment unless the relay is writing, an event has begun, or the stream is over; true where it was written. */
    boolean comment() {
        ReentrantLock held = lock;
        try {
            return held != null && held.tryLock() && comment(held);
        } finally {
            commenting.set(false);
        }
    }

    private boolean comment(ReentrantLock held) {
        try {
            if (over || !betweenEvents(lastFour)) {
                return false;
            }
            client.write(COMMENT, 0, COMMENT.length);
            client.flush();
            lastWrite = System.nanoTime();
            return true;
        } catch (IOException e) {
            over = true;
            onLost.run();
            return false;
        } finally {
            held.unlock();
        }
    }

    /** Whether a blank line was the last thing written; a carriage return alone may be half of a line end still. */
    static boolean betweenEvents(int lastFour) {
        return (lastFour & 0xFFFF) == 0x0A0A || (lastFour & 0xFFFFFF) == 0x0A0D0A || (lastFour & 0xFFFF) == 0x0D0D;
    }

    /** From now on nothing is written but by the caller; waits for a comment that is being written. */
    @Override
    public void close() {
        ReentrantLock held = lock;
        if (held == null) {
            return;
        }
        watch.remove(this);
        held.lock();
        try {
            over = true;
        } finally {
            held.unlock();
        }
    }

    @Override
    public void end(HeaderFields trailers) throws IOException {
        close();
        client.end(trailers);
    }

    @Override
    public void fail(ProxyError error, HeaderFields headers) {
        close();
        client.fail(error, headers);
    }
}
