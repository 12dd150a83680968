package io.llmproxy.adapter.http.h2;

import io.llmproxy.domain.HeaderFields;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. The answer is written by one thread; the client's frames come on the connection's. Either side
 * may end the stream: the answer with {@link #send} or {@link #reset}, the client with a reset or with its connection.
 */
public final class Http2Stream {
    private static final HeaderFields NO_FIELDS = new HeaderFields();

    private final int id;
    private final RequestHead head;
    private final Http2Connection connection;
    private final SendWindows.OfStream window;
    private final RequestBody body;
    private final ReceiveWindow receive = new ReceiveWindow(Http2Connection.STREAM_WINDOW);
    private final long declared;
    private final ReentrantLock lock = new ReentrantLock();
    // guarded by the lock
    private @Nullable Runnable onGone;
    private boolean gone;
    // of the connection's thread
    private long received;
    // set before the request's end, read after it
    private volatile HeaderFields requestTrailers = HeaderFields.NONE;
    // set by one thread, read by others
    private volatile boolean requestEnded;
    private volatile boolean answerEnded;
    private volatile boolean headSent;
    private volatile long servedAt;
    private volatile boolean served;

    Http2Stream(int id, RequestHead head, long declared, Http2Connection connection, SendWindows.OfStream window) {
        this.id = id;
        this.head = head;
        this.declared = declared;
        this.connection = connection;
        this.window = window;
        this.body = new RequestBody(connection.patience(), this::consumed);
    }

    public RequestHead head() {
        return head;
    }

    /** The body; empty where there is none. Its reads fail where the client goes away, stalls, or sends another length than it said. */
    public InputStream body() {
        return body;
    }

    /** The body's length; 0: there is none; -1: the client has not said. */
    public long contentLength() {
        return declared;
    }

    /** Whether the request has come to its end. */
    public boolean requestEnded() {
        return requestEnded;
    }

    /** What came after the body; known when the request has come to its end. */
    public HeaderFields requestTrailers() {
        return requestTrailers;
    }

    /** Tells a client that waits for a word before it sends the body that it is wanted. */
    public void proceed() throws IOException {
        connection.writer().message(id, HeadBlock.of(100, NO_FIELDS), new byte[0], 0, 0, false);
    }

    /** Sends the head alone. */
    public void head(int status, HeaderFields fields, boolean end) throws IOException {
        send(status, fields, new byte[0], 0, 0, end);
    }

    /** Sends the head and what there is of the body. */
    public void send(int status, HeaderFields fields, byte[] bytes, int offset, int length, boolean end)
            throws IOException {
        byte[] block = HeadBlock.of(status, fields);
        int now = connection.windows().takeNow(window, Math.min(length, Frame.MAX_PAYLOAD));
        write(block, bytes, offset, now, end && now == length);
        headSent = true;
        if (now < length) {
            data(bytes, offset + now, length - now, end);
        }
    }

    /** Sends a piece of the body; blocks while the client has no room for it. */
    public void data(byte[] bytes, int offset, int length, boolean end) throws IOException {
        int at = offset;
        int left = length;
        do {
            int now = left == 0 ? 0 : connection.windows().await(window, Math.min(left, Frame.MAX_PAYLOAD));
            write(null, bytes, at, now, end && now == left);
            at += now;
            left -= now;
        } while (left > 0);
    }

    /** Sends what comes after the body, which ends the answer. */
    public void trailers(HeaderFields fields) throws IOException {
        write(HeadBlock.trailers(fields), new byte[0], 0, 0, true);
    }

    /** Ends the stream at once, so that nobody takes what was sent for the whole. */
    public void reset(ErrorCode code) {
        if (answerEnded) {
            return;
        }
        answerEnded = true;
        connection.resetByUs(this, code);
    }

    /** Whether the client has reset the stream or gone, or the stream was reset. */
    public boolean gone() {
        lock.lock();
        try {
            return gone;
        } finally {
            lock.unlock();
        }
    }

    /** Calls {@code callback} once, on a thread of its own, when the client has gone; null: nobody wants to know any more. */
    public void onGone(@Nullable Runnable callback) {
        boolean now;
        lock.lock();
        try {
            now = gone;
            onGone = now ? null : callback;
        } finally {
            lock.unlock();
        }
        if (now && callback != null) {
            Thread.ofVirtual().name("stream-gone").start(callback);
        }
    }

    int id() {
        return id;
    }

    SendWindows.OfStream window() {
        return window;
    }

    boolean answerBegun() {
        return headSent;
    }

    boolean answerEnded() {
        return answerEnded;
    }

    /** The gateway is done with the request. */
    void served(long nowNanos) {
        servedAt = nowNanos;
        served = true;
        body.discard();
    }

    boolean served() {
        return served;
    }

    long servedAt() {
        return servedAt;
    }

    /** A piece of the body has come. */
    void receive(byte[] piece, boolean end) {
        received += piece.length;
        boolean wrong = declared >= 0 && (received > declared || end && received < declared);
        if (wrong) {
            malformed("The body is not as long as its Content-Length says.");
        }
        if (piece.length > 0 && (wrong || !body.add(piece))) {
            consumed(piece.length);
        }
        if (end) {
            requestEnded = true;
            body.end();
        }
    }

    /** What should end the request does not, or not as it must (RFC 9113, section 8.1). */
    void malformed() {
        malformed("What follows the body is malformed.");
    }

    private void malformed(String why) {
        boolean answering = !answerEnded;
        // before the reader hears of it, who would end the answer in its own way
        answerEnded = true;
        body.fail(why);
        if (answering) {
            connection.resetByUs(this, ErrorCode.PROTOCOL_ERROR);
        }
    }

    /** The request ends with fields behind its body. */
    void receiveTrailers(HeaderFields fields) {
        requestTrailers = fields;
        receive(new byte[0], true);
    }

    boolean takeReceiveWindow(int bytes) {
        return receive.take(bytes);
    }

    /** The stream is over, by the client or by its connection's end. */
    void lost() {
        Runnable callback;
        lock.lock();
        try {
            gone = true;
            callback = onGone;
            onGone = null;
        } finally {
            lock.unlock();
        }
        connection.windows().end(window);
        body.fail("The client has gone.");
        if (callback != null) {
            Thread.ofVirtual().name("stream-gone").start(callback);
        }
    }

    /** Padding and the like, which nobody reads. */
    void consumed(int bytes) {
        int increment = requestEnded ? 0 : receive.give(bytes);
        connection.consumed(id, increment, bytes);
    }

    private void write(byte @Nullable [] block, byte[] bytes, int offset, int length, boolean end) throws IOException {
        if (answerEnded || gone()) {
            throw new IOException("The client has gone.");
        }
        if (end) {
            answerEnded = true;
        }
        connection.writer().message(id, block, bytes, offset, length, end);
    }
}
