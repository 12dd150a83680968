package io.llmproxy.adapter.http.h2;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * How much the client is willing to take (RFC 9113, section 5.2): on the connection and on each of its streams. What may be
 * sent is taken off both in one step, so that streams which write at the same time never send more than there is room for.
 */
final class SendWindows {
    private static final int INITIAL = 65_535;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Duration patience;
    // guarded by the lock
    private long connection = INITIAL;
    private long initial = INITIAL;
    private boolean ended;

    /** @param patience how long a client may take nothing at all */
    SendWindows(Duration patience) {
        this.patience = patience;
    }

    /** The window of one stream; guarded by the lock of all. */
    static final class OfStream {
        private long left;
        private boolean ended;
    }

    OfStream open() {
        lock.lock();
        try {
            OfStream window = new OfStream();
            window.left = initial;
            return window;
        } finally {
            lock.unlock();
        }
    }

    /** At most {@code wanted} bytes that may be sent now; 0: none. */
    int takeNow(OfStream stream, int wanted) {
        lock.lock();
        try {
            return take(stream, wanted);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until something may be sent; at least 1.
     *
     * @throws IOException where the stream or the connection has ended, or the client takes nothing for too long
     */
    int await(OfStream stream, int wanted) throws IOException {
        long nanos = patience.toNanos();
        lock.lock();
        try {
            while (true) {
                if (ended || stream.ended) {
                    throw new IOException("The client has gone.");
                }
                int taken = take(stream, wanted);
                if (taken > 0) {
                    return taken;
                }
                if (nanos <= 0) {
                    throw new IOException("The client does not read.");
                }
                nanos = changed.awaitNanos(nanos);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The gateway is stopping.", e);
        } finally {
            lock.unlock();
        }
    }

    /** False: the window would be larger than the protocol allows. */
    boolean grow(OfStream stream, int increment) {
        lock.lock();
        try {
            stream.left += increment;
            changed.signalAll();
            return stream.left <= Integer.MAX_VALUE;
        } finally {
            lock.unlock();
        }
    }

    /** False: the window would be larger than the protocol allows. */
    boolean growConnection(int increment) {
        lock.lock();
        try {
            connection += increment;
            changed.signalAll();
            return connection <= Integer.MAX_VALUE;
        } finally {
            lock.unlock();
        }
    }

    /** The client's SETTINGS_INITIAL_WINDOW_SIZE, which also moves the windows that are open. */
    boolean initial(int size, Iterable<OfStream> open) {
        lock.lock();
        try {
            long change = size - initial;
            initial = size;
            boolean valid = true;
            for (OfStream stream : open) {
                stream.left += change;
                valid &= stream.left <= Integer.MAX_VALUE;
            }
            changed.signalAll();
            return valid;
        } finally {
            lock.unlock();
        }
    }

    void end(OfStream stream) {
        lock.lock();
        try {
            stream.ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private int take(OfStream stream, int wanted) {
        int taken = (int) Math.max(0, Math.min(wanted, Math.min(stream.left, connection)));
        stream.left -= taken;
        connection -= taken;
        return taken;
    }
}
