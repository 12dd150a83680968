package io.llmproxy.gateway.resilience;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps requests from a target that fails. Each failure raises a score and each success lowers it, so that it reaches the bound where
 * more calls fail than succeed; then the breaker opens. When its pause is over one call is let through as a probe: where that succeeds
 * the breaker closes, where it fails the pause begins again, twice as long up to a bound. A probe that comes to nothing, since its
 * client left, is followed by another after the pause.
 *
 * <p>Lock-free; of a healthy target nothing is ever written. Times are nanoseconds of one steady counter, above 0. Thread-safe.
 */
public final class Breaker {
    private static final int SCORE_BITS = 8;
    private static final long SCORE_MASK = (1 << SCORE_BITS) - 1;
    /** Failures that lie further back say nothing of now. */
    private static final long MEMORY_NANOS = 60_000_000_000L;

    private static final int LONGEST = 5;

    private final int bound;
    private final long pauseNanos;
    /** Score in the low bits, above it the milliseconds of the last failure; 0: no failure is remembered. */
    private final AtomicLong score = new AtomicLong();
    /** When the next probe may go; 0: closed. */
    private final AtomicLong openUntil = new AtomicLong();
    /** How often the pause was doubled. */
    private volatile int doublings;

    private volatile boolean probing;
    private volatile @Nullable String reason;

    /** What a breaker lets through. */
    public enum State {
        CLOSED,
        /** Nothing goes through. */
        OPEN,
        /** One call goes through, or is on its way. */
        HALF_OPEN
    }

    /**
     * @param bound how many more failures than successes open it, 1 to 100; 0: it never opens
     * @param pauseNanos until the first probe
     */
    public Breaker(int bound, long pauseNanos) {
        this.bound = bound;
        this.pauseNanos = pauseNanos;
    }

    /** Whether a call could be made now; takes nothing. */
    public boolean allows(long now) {
        long until = openUntil.get();
        return until == 0 || now >= until;
    }

    /** Whether calls may be made at any moment. */
    boolean closed() {
        return openUntil.get() == 0;
    }

    /** Whether a call may be made now. Of those that ask when the pause is over one gets it: the probe. */
    public boolean enter(long now) {
        long until = openUntil.get();
        if (until == 0) {
            return true;
        }
        if (now < until || !openUntil.compareAndSet(until, now + pause())) {
            return false;
        }
        probing = true;
        return true;
    }

    /** A call that was let through got an answer; whether that closed the breaker. */
    public boolean success() {
        boolean closed = openUntil.get() != 0;
        if (closed) {
            close();
        }
        if (score.get() != 0) {
            lower();
        }
        return closed;
    }

    private void close() {
        probing = false;
        doublings = 0;
        score.set(0);
        openUntil.set(0);
    }

    private void lower() {
        long known = score.get();
        while (known != 0) {
            long next = (known & SCORE_MASK) <= 1 ? 0 : known - 1;
            if (score.compareAndSet(known, next)) {
                return;
            }
            known = score.get();
        }
    }

    /** A call failed; {@code why} is for people. Whether that opened the breaker, which it was not yet. */
    public boolean failure(long now, String why) {
        if (bound == 0) {
            return false;
        }
        reason = why;
        long until = openUntil.get();
        if (until == 0) {
            return raise(now) >= bound && openUntil.compareAndSet(0, now + pause());
        }
        if (probing) {
            probing = false;
            doublings = Math.min(LONGEST, doublings + 1);
            openUntil.compareAndSet(until, now + pause());
        }
        return false;
    }

    private long raise(long now) {
        long millis = now / 1_000_000;
        while (true) {
            long known = score.get();
            boolean old = now - (known >>> SCORE_BITS) * 1_000_000 > MEMORY_NANOS;
            long raised = old ? 1 : Math.min(SCORE_MASK, (known & SCORE_MASK) + 1);
            if (score.compareAndSet(known, millis << SCORE_BITS | raised)) {
                return raised;
            }
        }
    }

    private long pause() {
        return pauseNanos << doublings;
    }

    public State state(long now) {
        long until = openUntil.get();
        if (until == 0) {
            return State.CLOSED;
        }
        return now >= until || probing ? State.HALF_OPEN : State.OPEN;
    }

    /** Nanoseconds until the next probe may go; 0: now, or it is closed. */
    public long remaining(long now) {
        long until = openUntil.get();
        return until == 0 ? 0 : Math.max(0, until - now);
    }

    /** Why the last call failed that did; null: none has. */
    public @Nullable String reason() {
        return reason;
    }
}
