package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.Durations;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The receiving side of one connection: keeps the timeouts of the call that runs on it and turns every failure of a read
 * into the {@link UpstreamException} it means. What ends too early is told here, below the parser, which would take a head
 * or a last chunk that was cut for a complete one.
 */
final class UpstreamInput extends InputStream {
    /** One field of a head. */
    static final int MAX_LINE = 64 * 1024;

    /** All heads of one answer together, interim ones too. */
    static final int MAX_HEAD = 128 * 1024;

    /** Bytes of the buffer above this: most heads with a short answer in one read. A connection has two such buffers, idle or not. */
    static final int BUFFER = 4096;

    private enum Phase {
        WAITING,
        HEAD,
        FRAMED,
        UNTIL_CLOSE
    }

    private static final long NO_READ = 0;
    private static final long OVERDUE = 1;

    private final InputStream in;
    private CallContext call;
    private Phase phase = Phase.WAITING;
    private boolean heard;
    private int headBytes;
    /** When the read that goes on is overdue, on the clock of {@link System#nanoTime}; or one of the two marks. */
    private final AtomicLong due = new AtomicLong(NO_READ);

    private boolean waitsForDeadline;

    UpstreamInput(Socket socket, CallContext call) throws IOException {
        this.in = socket.getInputStream();
        this.call = call;
    }

    void begin(CallContext next) {
        call = next;
        phase = Phase.WAITING;
        heard = false;
        headBytes = 0;
    }

    /** An interim head is over: what follows is waited for as a first byte is. */
    void awaitNextHead() {
        phase = Phase.WAITING;
    }

    void beginBody(boolean untilClose) {
        phase = untilClose ? Phase.UNTIL_CLOSE : Phase.FRAMED;
    }

    /** Whether one byte came since {@link #begin}. */
    boolean heard() {
        return heard;
    }

    @Override
    public int available() throws IOException {
        return in.available();
    }

    @Override
    public int read() throws UpstreamException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws UpstreamException {
        int n = timed(bytes, offset, length);
        if (n < 0) {
            return ended();
        }
        received(n);
        return n;
    }

    private int timed(byte[] bytes, int offset, int length) throws UpstreamException {
        arm();
        int n = -1;
        IOException failure = null;
        try {
            n = in.read(bytes, offset, length);
        } catch (IOException e) {
            failure = e;
        }
        if (due.getAndSet(NO_READ) == OVERDUE) {
            throw timedOut(failure);
        }
        if (failure != null) {
            throw broken(failure);
        }
        return n;
    }

    private void arm() throws UpstreamException {
        Deadline deadline = call.deadline();
        if (deadline.passed()) {
            throw call.totalTimeout(null);
        }
        long patience = patience().toNanos();
        long wait = Math.min(patience, deadline.remainingNanos());
        waitsForDeadline = wait < patience;
        long at = System.nanoTime() + wait;
        due.set(at == NO_READ || at == OVERDUE ? at + 2 : at);
    }

    /** Marks the read that goes on as overdue where it is; the caller then closes the connection. On any thread. */
    boolean overdue(long nowNanos) {
        long at = due.get();
        return at != NO_READ && at != OVERDUE && at - nowNanos <= 0 && due.compareAndSet(at, OVERDUE);
    }

    private Duration patience() {
        return phase == Phase.WAITING
                ? call.timeouts().firstByte()
                : call.timeouts().idle();
    }

    private void received(int n) throws UpstreamException {
        heard = true;
        if (phase == Phase.WAITING) {
            phase = Phase.HEAD;
        }
        if (phase == Phase.HEAD && (headBytes += n) > MAX_HEAD + BUFFER) {
            throw call.failure(Kind.PROTOCOL, "sent an answer head of more than 128 KiB", null);
        }
    }

    private int ended() throws UpstreamException {
        if (phase == Phase.UNTIL_CLOSE) {
            return -1;
        }
        throw broken(null);
    }

    private UpstreamException timedOut(@Nullable IOException cause) {
        if (call.cancelled()) {
            return call.cancelledFailure(cause);
        }
        if (waitsForDeadline) {
            return call.totalTimeout(cause);
        }
        if (phase == Phase.WAITING) {
            return call.failure(
                    Kind.FIRST_BYTE_TIMEOUT,
                    "sent no byte of an answer within "
                            + Durations.format(call.timeouts().firstByte()),
                    cause);
        }
        return call.failure(
                Kind.IDLE_TIMEOUT,
                "stalled for " + Durations.format(call.timeouts().idle()) + " in the middle of its answer",
                cause);
    }

    private UpstreamException broken(@Nullable IOException cause) {
        if (call.cancelled()) {
            return call.cancelledFailure(cause);
        }
        String how = cause == null ? "closed" : "broke";
        return phase == Phase.WAITING
                ? call.failure(Kind.NO_ANSWER, how + " the connection before it answered", cause)
                : call.failure(Kind.TRUNCATED, how + " the connection in the middle of its answer", cause);
    }
}
