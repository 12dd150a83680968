package io.llmproxy.gateway.idempotency;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.port.IdempotencyStore.Claim;
import io.llmproxy.port.IdempotencyStore.Request;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One request with an Idempotency-Key in this process, and its answer as far as it came. One exchange leads: it claims the key,
 * runs, and tells what happens; any number of others follow. Thread-safe; the lock is of the requests with this one key.
 *
 * <p>A run goes CLAIMING, RUNNING, and then ends in one of three ways. COMPLETE: the answer came to its end, whatever its
 * status. FAILED: the followers get the same error. ABANDONED: nobody was left who wanted the answer, or the leader left before
 * it held the claim; a follower starts anew. It is closed when the store knows of the end, and only then the key is free here.
 */
public final class Run {
    private enum Phase {
        CLAIMING,
        RUNNING,
        COMPLETE,
        FAILED,
        ABANDONED
    }

    /** The head of an answer. */
    public record Head(int status, HeaderFields headers, long contentLength) {}

    private static final int FIRST = 1024;

    private final Request request;
    private final long maxBytes;
    private final AnswerMemory memory;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // all below are guarded by the lock
    private Phase phase = Phase.CLAIMING;
    private @Nullable Claim claim;
    private @Nullable Head head;
    private byte[] bytes = {};
    private int size;
    private HeaderFields trailers = HeaderFields.NONE;
    private boolean tooLarge;
    private @Nullable ProxyError error;
    private boolean closed;
    private long version;
    private int followers;
    private boolean deserted;
    private @Nullable Runnable cancel;

    Run(Request request, long maxBytes, AnswerMemory memory) {
        this.request = request;
        this.maxBytes = maxBytes;
        this.memory = memory;
    }

    public Request request() {
        return request;
    }

    // ---- the leader

    /** The store gave the claim; the request is going to run. */
    public void granted(Claim granted) {
        change(() -> {
            claim = granted;
            phase = Phase.RUNNING;
        });
    }

    /** The store had the answer: followers get it without asking again. */
    void recorded(RecordedAnswer answer) {
        change(() -> {
            head = new Head(answer.status(), answer.headers(), answer.contentLength());
            bytes = answer.body();
            size = bytes.length;
            trailers = answer.trailers();
            phase = Phase.COMPLETE;
        });
    }

    @Nullable
    Claim claim() {
        lock.lock();
        try {
            return claim;
        } finally {
            lock.unlock();
        }
    }

    /** The head came; false where the body will be too large to be kept. */
    public boolean head(Head came) {
        lock.lock();
        try {
            head = came;
            if (came.contentLength() > maxBytes) {
                drop();
            }
            tell();
            return !tooLarge;
        } finally {
            lock.unlock();
        }
    }

    /** A piece of the body came. */
    public void body(byte[] from, int offset, int length) {
        lock.lock();
        try {
            if (tooLarge || length == 0) {
                return;
            }
            if (!fits(length)) {
                drop();
            } else {
                System.arraycopy(from, offset, bytes, size, length);
                size += length;
            }
            tell();
        } finally {
            lock.unlock();
        }
    }

    private boolean fits(int more) {
        long needed = (long) size + more;
        if (needed > maxBytes) {
            return false;
        }
        if (needed > bytes.length) {
            Head known = head;
            long expected = known == null ? -1 : known.contentLength();
            long grown = Math.max(Math.max(needed, expected), Math.min(maxBytes, Math.max(FIRST, 2L * bytes.length)));
            if (!memory.take(grown - bytes.length)) {
                return false;
            }
            bytes = Arrays.copyOf(bytes, (int) grown);
        }
        return true;
    }

    private void drop() {
        tooLarge = true;
        memory.giveBack(bytes.length);
        bytes = new byte[0];
        size = 0;
    }

    /** Whether the bytes so far end with a blank line, the end of an event. */
    public boolean endsWithBlankLine() {
        lock.lock();
        try {
            if (tooLarge || size < 2) {
                return false;
            }
            int last = bytes[size - 1];
            int before = bytes[size - 2];
            return last == '\n' && (before == '\n' || before == '\r' && size > 2 && bytes[size - 3] == '\n')
                    || last == '\r' && before == '\r';
        } finally {
            lock.unlock();
        }
    }

    /** The answer is whole. */
    public void complete(HeaderFields sent) {
        change(() -> {
            trailers = sent;
            phase = Phase.COMPLETE;
        });
    }

    /** No whole answer came. */
    public void fail(ProxyError why) {
        change(() -> {
            error = why;
            phase = Phase.FAILED;
        });
    }

    /** The leader is gone, and nobody follows or nothing came of it. */
    public void abandon() {
        change(() -> phase = Phase.ABANDONED);
    }

    /** What is to be recorded; null: nothing, and the key is to be released. */
    @Nullable
    RecordedAnswer answer() {
        lock.lock();
        try {
            Head known = head;
            return known != null && recordable()
                    ? new RecordedAnswer(
                            known.status(),
                            known.headers(),
                            known.contentLength(),
                            size == bytes.length ? bytes : Arrays.copyOf(bytes, size),
                            trailers)
                    : null;
        } finally {
            lock.unlock();
        }
    }

    private boolean recordable() {
        return phase == Phase.COMPLETE && !tooLarge && head != null && RecordedAnswer.isFinal(head.status());
    }

    /** The key is the store's again, with the answer or without: who waits for that asks anew. */
    void close() {
        change(() -> {
            if (!closed && claim != null) {
                memory.giveBack(bytes.length);
            }
            closed = true;
        });
    }

    /**
     * The leader's client has gone.
     *
     * @param canceller stops the upstream call
     * @return whether to do so now; else it is done when the last follower leaves
     */
    public boolean clientGone(Runnable canceller) {
        lock.lock();
        try {
            deserted = followers == 0;
            cancel = canceller;
            return deserted;
        } finally {
            lock.unlock();
        }
    }

    /** Whether somebody beside the leader wants the answer. */
    public boolean followed() {
        lock.lock();
        try {
            return followers > 0;
        } finally {
            lock.unlock();
        }
    }

    // ---- the followers

    /** Whether a new follower may count on this run: it runs, or what it came to is what is kept. */
    private boolean sound() {
        return switch (phase) {
            case CLAIMING, RUNNING -> !deserted;
            case COMPLETE -> claim == null || recordable();
            case FAILED, ABANDONED -> false;
        };
    }

    /**
     * Attaches the caller, which must {@link #leave}; waits out a run that is no good any more.
     *
     * @return false where the run came to its end without anything to follow: the caller asks anew
     */
    boolean join(Patience patience) {
        lock.lock();
        try {
            while (!closed && !sound()) {
                await(patience);
            }
            if (!sound()) {
                return false;
            }
            followers++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Whether the key belongs to the content of this run, when that is known; false: this run settled nothing. */
    boolean holdsKey(Patience patience) {
        lock.lock();
        try {
            while (!closed && (phase == Phase.CLAIMING || !sound())) {
                await(patience);
            }
            return phase != Phase.CLAIMING && sound();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a moment. */
    void pause(Patience patience) {
        lock.lock();
        try {
            await(patience);
        } finally {
            lock.unlock();
        }
    }

    /** Undoes {@link #join}. */
    void leave() {
        Runnable now = null;
        lock.lock();
        try {
            followers--;
            if (followers == 0 && cancel != null && phase == Phase.RUNNING) {
                deserted = true;
                now = cancel;
            }
        } finally {
            lock.unlock();
        }
        if (now != null) {
            now.run();
        }
    }

    /** The head, when it has come; null: the run was abandoned, and nothing came. */
    @Nullable
    Head awaitHead(Patience patience) {
        lock.lock();
        try {
            while (head == null && (phase == Phase.CLAIMING || phase == Phase.RUNNING)) {
                await(patience);
            }
            refuse();
            return head;
        } finally {
            lock.unlock();
        }
    }

    private void refuse() {
        if (phase == Phase.FAILED && error != null) {
            throw new ProxyException(error);
        }
        if (tooLarge) {
            throw new ProxyException(ProxyError.Conflict.unrecorded());
        }
    }

    /** Copies what came from offset {@code at} on, and waits for it where nothing did; -1: that was all. */
    int read(long at, byte[] to, int offset, int length, Patience patience) {
        lock.lock();
        try {
            while (phase == Phase.RUNNING && !tooLarge && at >= size) {
                await(patience);
            }
            refuse();
            int n = (int) Math.min(length, size - at);
            if (n > 0) {
                System.arraycopy(bytes, (int) at, to, offset, n);
                return n;
            }
            if (phase != Phase.COMPLETE) {
                throw new ProxyException(
                        ProxyError.Upstream.unreachable("The request that this one repeats was given up."));
            }
            return -1;
        } finally {
            lock.unlock();
        }
    }

    HeaderFields trailers() {
        lock.lock();
        try {
            return trailers;
        } finally {
            lock.unlock();
        }
    }

    /** Somebody who waits has a reason to look around. */
    void nudge() {
        change(() -> {});
    }

    private void change(Runnable to) {
        lock.lock();
        try {
            to.run();
            tell();
        } finally {
            lock.unlock();
        }
    }

    private void tell() {
        version++;
        changed.signalAll();
    }

    /** Waits for the next change, as long as the patience lasts. */
    private void await(Patience patience) {
        long seen = version;
        long left = patience.nanos();
        try {
            while (version == seen && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProxyException(ProxyError.Upstream.unavailable("The gateway is shutting down."));
        }
    }

    /** How long somebody waits. */
    @FunctionalInterface
    interface Patience {
        /** For how long to wait for a change at most; throws where there is no use in waiting any longer. */
        long nanos();
    }
}
