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
    /** How an answer began. */
    enum Beginning {
        /** The client has its head. */
        OUT,
        /** The provider said that it fails, and the client has seen nothing; as for what follows. */
        FAILED,
        /** It is nothing that the endpoint answers. */
        UNREADABLE,
        /** It ended before it began. */
        EMPTY
    }

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
    private final boolean structured;
    private boolean some;
    private boolean out;
    private boolean lost;
    private final Thread timer;

    /** @param structured whether it has to be JSON or a stream of it, and something */
    HeldAnswer(Exchange x, Answer answer, int status, HeaderFields headers, boolean structured) {
        this.x = x;
        this.answer = answer;
        this.status = status;
        this.headers = headers;
        this.structured = structured;
        this.content = answer.firstContent(structured);
        this.timer = Thread.ofVirtual().name("held-head").unstarted(this::waitAndRelease);
    }

    /**
     * Copies the answer until its head is out, or until it is known that it need not go out.
     *
     * @throws IOException the provider's; {@link #out()} tells whether the client has seen something
     */
    Beginning copyBeginning(InputStream in) throws IOException {
        timer.start();
        byte[] buffer = new byte[PIECE];
        while (true) {
            int n = in.read(buffer);
            lock.lock();
            try {
                Beginning so = n < 0 ? ended() : judged(buffer, n);
                if (!out && so != null && so != Beginning.OUT) {
                    over = true;
                    return so;
                }
                if (n > 0) {
                    held.write(buffer, 0, n);
                }
                if (out || so != null || held.size() > MOST_HELD) {
                    release();
                    return Beginning.OUT;
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** Null: it has said nothing yet. */
    private @Nullable Beginning judged(byte[] in, int length) {
        some |= length > 0;
        return content == null ? Beginning.OUT : of(content.feed(in, 0, length));
    }

    private Beginning ended() {
        if (structured && (!some || content != null && content.silent())) {
            return Beginning.EMPTY;
        }
        Beginning last = content == null ? null : of(content.end());
        return last == null ? Beginning.OUT : last;
    }

    private static @Nullable Beginning of(Verdict verdict) {
        return switch (verdict) {
            case NOTHING -> null;
            case CONTENT -> Beginning.OUT;
            case ERROR -> Beginning.FAILED;
            case UNREADABLE -> Beginning.UNREADABLE;
        };
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
        if (content != null) {
            content.close();
        }
    }
}
