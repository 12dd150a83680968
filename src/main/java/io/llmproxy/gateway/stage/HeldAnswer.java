package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.scan.FirstContent;
import io.llmproxy.gateway.scan.FirstContent.Verdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A head that waits for the first content of its answer, so that another target can be called where none comes: it goes out with that
 * content, with the end of the answer, with more bytes than are kept, or after {@link #PATIENCE_NANOS} on a thread of its own. The lock
 * keeps that thread and the relay's apart; one that finds the head out writes no more.
 */
final class HeldAnswer implements AutoCloseable {
    private static final long PATIENCE_NANOS = 1_000_000_000L;
    private static final int MOST_HELD = 64 * 1024;
    private static final int PIECE = 1024;

    private final Exchange x;
    private final Answer answer;
    private final int status;
    private final HeaderFields headers;
    private final @Nullable FirstContent content;
    private final ReentrantLock lock = new ReentrantLock();
    private final ByteArrayOutputStream held = new ByteArrayOutputStream(PIECE);
    private volatile boolean over;
    private boolean out;
    private boolean lost;
    private final Thread timer;

    HeldAnswer(Exchange x, Answer answer, int status, HeaderFields headers) {
        this.x = x;
        this.answer = answer;
        this.status = status;
        this.headers = headers;
        this.content = answer.plainEvents() ? new FirstContent() : null;
        this.timer = Thread.ofVirtual().name("held-head").unstarted(this::waitAndRelease);
    }

    /**
     * Copies the answer until its head is out.
     *
     * @return false where the provider said that it fails, and the client has seen nothing
     * @throws IOException the provider's; {@link #out()} tells whether the client has seen something
     */
    boolean copyBeginning(InputStream in) throws IOException {
        timer.start();
        byte[] buffer = new byte[PIECE];
        while (true) {
            int n = in.read(buffer);
            lock.lock();
            try {
                if (n < 0) {
                    release();
                    return true;
                }
                if (!out && content != null && content.feed(buffer, 0, n) == Verdict.ERROR) {
                    over = true;
                    return false;
                }
                held.write(buffer, 0, n);
                if (out
                        || content == null
                        || content.feed(buffer, 0, 0) == Verdict.CONTENT
                        || held.size() > MOST_HELD) {
                    release();
                    return true;
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** Whether the client has seen something, from now on for good. */
    boolean out() {
        lock.lock();
        try {
            over = true;
            return out;
        } finally {
            lock.unlock();
        }
    }

    private void waitAndRelease() {
        long end = System.nanoTime() + PATIENCE_NANOS;
        for (long left = PATIENCE_NANOS; left > 0 && !over; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
        }
        lock.lock();
        try {
            if (!over) {
                release();
            }
        } catch (ClientGoneException e) {
            lost = true;
            x.clientLeft();
        } finally {
            lock.unlock();
        }
    }

    /** Sends the head, if it is not out, and what is held. */
    private void release() {
        if (lost) {
            throw new ClientGoneException();
        }
        try {
            if (!out) {
                out = true;
                x.sink().head(status, headers, answer.length());
                x.tally().status(status);
                if (answer.streaming()) {
                    x.sink().flush();
                }
            }
        } catch (IOException e) {
            throw new ClientGoneException();
        }
        if (held.size() > 0) {
            byte[] bytes = held.toByteArray();
            held.reset();
            answer.pass(bytes, bytes.length, x.sink());
        }
    }

    @Override
    public void close() {
        over = true;
        LockSupport.unpark(timer);
    }
}
