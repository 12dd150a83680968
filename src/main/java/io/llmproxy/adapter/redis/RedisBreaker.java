package io.llmproxy.adapter.redis;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Whether Redis is asked at all. It opens when the connection fails or cannot be made, when Redis answers with an error, or when
 * {@link #LATE_CALLS} requests one after another had no answer in time; it closes when a beat is answered in half that time, and nothing
 * else closes it: what lets it close is what lets it stay so, since a request that came during a round trip waits for two. Thread-safe.
 */
final class RedisBreaker {
    private static final Logger LOG = System.getLogger(RedisBreaker.class.getName());
    private static final int LATE_CALLS = 3;

    private final RedisAddress address;
    private final InstantSource clock;
    private final Duration patience;
    private final AtomicInteger late = new AtomicInteger();
    private final CountDownLatch tried = new CountDownLatch(1);
    private volatile State state;

    /**
     * Whether Redis is there.
     *
     * @param fault why it is not; null: it is
     */
    record State(Instant since, @Nullable String fault) {
        boolean up() {
            return fault == null;
        }
    }

    /** @param patience how long an answer may take */
    RedisBreaker(RedisAddress address, Duration patience, InstantSource clock) {
        this.address = address;
        this.patience = patience;
        this.clock = clock;
        this.state = new State(clock.instant(), "it was not asked yet");
    }

    State state() {
        return state;
    }

    boolean up() {
        return state.up();
    }

    /** Waits until it is known whether Redis is there, for a second and a half at most. */
    void awaitFirst() {
        try {
            tried.await(1500, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A request had its answer in time. */
    void inTime() {
        if (late.get() != 0) {
            late.set(0);
        }
    }

    /** A request had no answer in time. */
    void late() {
        missed(patience);
    }

    private void missed(Duration bound) {
        if (late.incrementAndGet() >= LATE_CALLS) {
            open("it does not answer within " + bound.toMillis() + " ms");
        }
    }

    /** An answer that takes no longer, of ns, is prompt: two of them come within a request's patience. */
    long prompt() {
        return patience.toNanos() / 2;
    }

    synchronized void open(String fault) {
        boolean was = state.up();
        state = new State(was ? clock.instant() : state.since(), fault);
        if (was || tried.getCount() > 0) {
            LOG.log(Level.WARNING, "event 6101: Redis at " + address + " is away: " + fault);
        }
        tried.countDown();
    }

    /**
     * A beat was answered.
     *
     * @param sent when it was sent, of {@link System#nanoTime}
     * @return whether Redis is back by that
     */
    synchronized boolean beaten(long sent) {
        boolean prompt = System.nanoTime() - sent <= prompt();
        boolean back = prompt && !state.up();
        if (prompt) {
            late.set(0);
        } else if (tried.getCount() > 0) {
            missed(Duration.ofNanos(prompt()));
        }
        if (back) {
            state = new State(clock.instant(), null);
            LOG.log(Level.INFO, "event 6102: Redis at " + address + " counts limits");
            tried.countDown();
        }
        return back;
    }
}
