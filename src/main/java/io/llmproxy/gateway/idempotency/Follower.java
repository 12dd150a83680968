package io.llmproxy.gateway.idempotency;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.Exchange;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An exchange that repeats a run: it waits for its head and reads its body as it comes. The wait ends early where the client
 * leaves or the exchange is cut. One thread.
 */
public final class Follower implements AutoCloseable {
    private final Exchange x;
    private final Run run;
    private final long deadline;
    private final ClientRequest.Watch watch;
    private volatile boolean gone;
    private boolean joined;
    private boolean begun;

    /** @param deadline by {@link System#nanoTime}, for the head */
    public Follower(Exchange x, Run run, long deadline) {
        this.x = x;
        this.run = run;
        this.deadline = deadline;
        this.watch = x.request().watch(() -> {
            gone = true;
            run.nudge();
        });
        x.onCut(run::nudge);
    }

    /** Whether the run turned out to be of the same key with another content. */
    public boolean conflicts() {
        return run.holdsKey(this::left);
    }

    /** The head of the answer; null: the run came to nothing, and the key is free to be asked for anew. */
    public Run.@Nullable Head head() {
        joined = run.join(this::left);
        Run.Head head = joined ? run.awaitHead(this::left) : null;
        begun = head != null;
        return head;
    }

    /** The body from its first byte, as it comes; it throws what ended the run, and where the client has gone. */
    public InputStream body() {
        return new InputStream() {
            private long at;

            @Override
            public int read() {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 255;
            }

            @Override
            public int read(byte[] to, int offset, int length) {
                int n = run.read(at, to, offset, length, Follower.this::left);
                at += Math.max(n, 0);
                return n;
            }
        };
    }

    /** Waits for a moment, unless there is no use in waiting. */
    public void pause(Duration moment) {
        long until = System.nanoTime() + moment.toNanos();
        do {
            run.pause(() -> Math.min(left(), until - System.nanoTime()));
        } while (System.nanoTime() - until < 0);
    }

    /** What came after the body, when it has been read to its end. */
    public HeaderFields trailers() {
        return run.trailers();
    }

    /** Nanoseconds that are left to wait. */
    private long left() {
        ProxyError cut = x.cutReason();
        if (cut != null) {
            throw new ProxyException(cut);
        }
        if (gone) {
            throw new ClientGoneException();
        }
        // what has begun ends with the run, which the provider's timeouts bound
        long left = begun ? Long.MAX_VALUE : deadline - System.nanoTime();
        if (left <= 0) {
            throw new ProxyException(ProxyError.Conflict.inProgress());
        }
        return left;
    }

    @Override
    public void close() {
        x.clearOnCut();
        watch.close();
        if (joined) {
            run.leave();
        }
    }
}
