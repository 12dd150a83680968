package io.llmproxy.adapter.http;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a connection waits for, and since when. The connection's thread moves it; another one may end a wait that takes too
 * long, and whoever is first wins, so that no request is cut that has just begun to be served.
 */
final class RequestClock {
    /** Nothing has come on this connection. */
    static final int FRESH = 0;
    /** Between two requests. */
    static final int IDLE = 1;
    /** A request's head has begun. */
    static final int HEAD = 2;

    private static final int SERVED = 3;
    private static final int OVER = 4;
    private static final int PHASE_BITS = 3;
    private static final long PHASE_MASK = (1 << PHASE_BITS) - 1;

    // nanoseconds since the origin, then the phase: one word, so that both change together; no objects, since each
    // request
    // moves it three times
    private final AtomicLong state = new AtomicLong(FRESH);
    private final long origin = System.nanoTime();

    /** Bytes have come: of the next head, where none has begun. */
    void received() {
        long before = state.get();
        int phase = phase(before);
        if (phase == FRESH || phase == IDLE) {
            state.compareAndSet(before, word(HEAD, System.nanoTime()));
        }
    }

    /** The head is complete; false: too late. Since when it is served nobody asks. */
    boolean serve() {
        long before = state.get();
        while (phase(before) != OVER) {
            if (state.compareAndSet(before, before & ~PHASE_MASK | SERVED)) {
                return true;
            }
            before = state.get();
        }
        return false;
    }

    /** The answer is out; {@code begun}: bytes of the next request are here already. */
    void answered(boolean begun) {
        enter(begun ? HEAD : IDLE);
    }

    boolean serving() {
        return phase(state.get()) == SERVED;
    }

    /** Ends the wait if it is of that phase and longer than {@code limit}; true for the one call that ended it. */
    boolean expire(int waiting, Duration limit, long nowNanos) {
        long before = state.get();
        long since = origin + (before >> PHASE_BITS);
        return phase(before) == waiting
                && nowNanos - since > limit.toNanos()
                && state.compareAndSet(before, word(OVER, nowNanos));
    }

    private boolean enter(int next) {
        long word = word(next, System.nanoTime());
        long before = state.get();
        while (phase(before) != OVER) {
            if (state.compareAndSet(before, word)) {
                return true;
            }
            before = state.get();
        }
        return false;
    }

    private long word(int phase, long nanos) {
        return (nanos - origin) << PHASE_BITS | phase;
    }

    private static int phase(long word) {
        return (int) (word & PHASE_MASK);
    }
}
