package io.llmproxy.adapter.http.h2;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way from the connection's thread to the request's. What lies here is bounded by the stream's window,
 * which opens again as it is read.
 */
final class RequestBody extends InputStream {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final BodyPatience patience;
    private final IntConsumer consumed;
    // guarded by the lock
    private final Deque<byte[]> pieces = new ArrayDeque<>();
    private int offset;
    private boolean ended;
    private boolean discarding;
    private @Nullable String failure;
    // since the window of the rate began: what came, and how many nanoseconds were waited for it
    private long received;
    private long waited;

    /**
     * @param consumed told how many bytes were read or thrown away
     */
    RequestBody(BodyPatience patience, IntConsumer consumed) {
        this.patience = patience;
        this.consumed = consumed;
    }

    /** @return whether the bytes were kept; false: nobody wants them any more */
    boolean add(byte[] piece) {
        lock.lock();
        try {
            if (discarding) {
                return false;
            }
            pieces.add(piece);
            received += piece.length;
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** The first reason counts. */
    void fail(String reason) {
        lock.lock();
        try {
            failure = failure == null ? reason : failure;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Nothing will be read any more. */
    void discard() {
        int lost = 0;
        lock.lock();
        try {
            discarding = true;
            for (byte[] piece : pieces) {
                lost += piece.length;
            }
            lost -= offset;
            pieces.clear();
            offset = 0;
        } finally {
            lock.unlock();
        }
        tell(lost);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] into, int from, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int n;
        lock.lock();
        try {
            n = await() ? take(into, from, length) : -1;
        } finally {
            lock.unlock();
        }
        tell(n);
        return n;
    }

    /** False: the body has ended. */
    private boolean await() throws IOException {
        long begun = System.nanoTime();
        try {
            while (pieces.isEmpty() && !ended && failure == null) {
                long left = patience(System.nanoTime() - begun);
                if (changed.awaitNanos(left) <= 0) {
                    patience(System.nanoTime() - begun);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The gateway is stopping.", e);
        } finally {
            waited += System.nanoTime() - begun;
        }
        if (pieces.isEmpty() && failure != null) {
            throw new EOFException(failure);
        }
        return !pieces.isEmpty();
    }

    /** How long to wait on, of one wait that has lasted {@code lasted} nanoseconds; throws where that was enough. */
    private long patience(long lasted) throws IOException {
        long left = patience.idle().toNanos() - lasted;
        if (patience.perWindow() > 0) {
            if (received >= patience.perWindow()) {
                received = 0;
                waited = -lasted;
            }
            left = Math.min(left, patience.window().toNanos() - waited - lasted);
        }
        if (left <= 0) {
            throw new InterruptedIOException("The client sends the body too slowly, or has stopped to.");
        }
        return left;
    }

    private int take(byte[] into, int from, int length) {
        byte[] piece = pieces.element();
        int n = Math.min(length, piece.length - offset);
        System.arraycopy(piece, offset, into, from, n);
        offset += n;
        if (offset == piece.length) {
            pieces.remove();
            offset = 0;
        }
        return n;
    }

    private void tell(int bytes) {
        if (bytes > 0) {
            consumed.accept(bytes);
        }
    }
}
